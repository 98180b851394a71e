/** A relay calls nobody: no look-up, no connection, no datagram, whatever its team does. */
import { on, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { signedIn } from '../../protocol/http.ts';
import { parseInviteLink } from '../../protocol/invite-link.ts';
import { askRelay, runRelayCommand, serveRelay } from '../kit/relay-process.ts';

const FORBID = join(import.meta.dirname, '../kit/forbid-outbound.ts');
const PASSWORD = 'nine lives of the office cat';

test('a relay calls nobody from its start to its end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'landline-silent-'));
  const data = join(folder, 'data');
  const relay = serveRelay(data, { imports: [FORBID], args: ['--host', '::', '--log', 'debug'] });
  try {
    const { port, setupLink, addresses } = await relay.ready;
    expect(addresses.length).toBeGreaterThan(0);
    const link = parseInviteLink(setupLink ?? '');
    if (!link.ok) throw new Error(link.error);
    const ask = {
      team: 'T',
      name: 'Ada',
      handle: 'ada',
      password: PASSWORD,
      device: 'x',
      code: link.value.code,
    };
    const ada = signedIn.parse((await askRelay(port, '/v1/setup', ask)).body);
    // Tokens that name keys elsewhere, and headers that name hosts, are what makes servers go and ask.
    const jku = Buffer.from(
      '{"alg":"HS256","typ":"at+jwt","kid":"http://198.51.100.1/k","jku":"http://198.51.100.1/k"}',
    ).toString('base64url');
    const strange = new WebSocket(`wss://127.0.0.1:${port}/v1/ws`, 'landline.v1', {
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${jku}.e30.${'A'.repeat(43)}` },
    });
    await once(strange, 'error');
    const socket = new WebSocket(`wss://127.0.0.1:${port}/v1/ws`, 'landline.v1', {
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${ada.tokens.access}` },
    });
    await once(socket, 'open');
    // Several frames may come at once: none of them is missed.
    const frames = on(socket, 'message') as AsyncIterable<[Buffer]>;
    socket.send(
      JSON.stringify({
        t: 'hello',
        versions: { min: 1, max: 1 },
        epoch: null,
        positions: {},
        focus: null,
        presence: 'here',
      }),
    );
    const message = '01930000-0000-7000-8000-000000000001';
    socket.send(
      JSON.stringify({
        t: 'post',
        op: message,
        channel: ada.team.id,
        text: 'see https://198.51.100.1/preview.png',
      }),
    );
    for await (const [frame] of frames) if (frame.toString().includes('"ack"')) break;
    socket.close();
    for (const args of [['invite'], ['doctor'], ['backup', join(folder, 'b.sqlite')]]) {
      expect((await runRelayCommand([...args, '--data', data])).err).toBe('');
    }
    relay.kill('SIGTERM');
    expect(await relay.ended).toEqual({ code: 0, signal: null });
    expect(relay.errors()).toMatch(/FORBIDDEN \d+/);
    expect(relay.errors()).not.toContain('OUTBOUND');
    expect(relay.errors()).not.toContain('198.51.100.1');
  } finally {
    relay.kill('SIGKILL');
    await relay.ended;
    rmSync(folder, { recursive: true });
  }
});

test('the guard sees a look-up and a connection', async () => {
  const { spawn } = await import('node:child_process');
  for (const code of [
    "import { lookup } from 'node:dns'; lookup('localhost', () => {})",
    "import { resolve4 } from 'node:dns/promises'; await resolve4('localhost')",
    "import { connect } from 'node:net'; connect(9, '127.0.0.1')",
    "import { get } from 'node:https'; get('https://127.0.0.1:9/')",
    "await fetch('http://127.0.0.1:9/')",
    "import { createSocket } from 'node:dgram'; createSocket('udp4').send('x', 9, '127.0.0.1')",
  ]) {
    const child = spawn(process.execPath, ['--import', FORBID, '--input-type=module', '-e', code], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child, 'close');
    expect(said, code).toContain('OUTBOUND');
  }
});
