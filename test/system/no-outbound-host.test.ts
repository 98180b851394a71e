/** The app as `npm start` runs it without Electron, with the relay it starts: between them they call each other and nobody else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';
import { expect, test } from 'vitest';
import { freePort } from '../kit/free-port.ts';
import { ROOT } from '../../build/scripts/run.ts';
import type {
  CommandInput,
  CommandName,
  CommandOutput,
  CommandResult,
} from '../../electron/bridge/commands.ts';

const FORBID = pathToFileURL(join(import.meta.dirname, '../kit/forbid-outbound.ts')).href;

/** What a page asks of its host, one question at a time. */
function asker(socket: WebSocket) {
  let id = 0;
  return async <Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
  ): Promise<CommandOutput<Name>> => {
    id += 1;
    const mine = id;
    const answered = new Promise<CommandResult<Name>>((resolve) => {
      const hear = (data: Buffer): void => {
        const frame = JSON.parse(data.toString('utf8')) as {
          readonly t: string;
          readonly id?: number;
          readonly result: CommandResult<Name>;
        };
        if (frame.t !== 'answer' || frame.id !== mine) return;
        socket.off('message', hear);
        resolve(frame.result);
      };
      socket.on('message', hear);
    });
    socket.send(JSON.stringify({ t: 'call', id: mine, settled: mine, name, input }));
    const result = await answered;
    if (!result.ok) throw new Error(`${name}: ${JSON.stringify(result.error)}`);
    return result.value;
  };
}

test('the host of the browser window and the relay it starts call nobody but each other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'landline-quiet-'));
  const [data, port] = [join(folder, 'data'), await freePort()];
  // The relay keeps the port it had: so it is known which connection is allowed before there is one.
  mkdirSync(join(data, 'relay'), { recursive: true, mode: 0o700 });
  writeFileSync(join(data, 'relay', 'port'), String(port));
  const host = spawn(
    process.execPath,
    ['electron/loopback/index.ts', '--no-open', '--data', data],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        LANGUAGE: 'en',
        LANDLINE_HOST: '127.0.0.1',
        OUTBOUND_ALLOWED: `127.0.0.1:${port}`,
        // Given on to the relay, which is a process of its own.
        NODE_OPTIONS: `--import=${FORBID}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  host.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  try {
    const { value: line } = await createInterface({ input: host.stdout })
      [Symbol.asyncIterator]()
      .next();
    const url = new URL(line ?? `the host ended: ${errors}`);
    expect((await fetch(url)).status).toBe(200);
    const ticket = url.hash.slice('#t='.length);
    const socket = new WebSocket(
      `ws://${url.host}/bridge`,
      ['landline.bridge.1', 'tab.a-tab-of-a-test', `ticket.${ticket}`],
      {
        origin: url.origin,
      },
    );
    // The host's first word: it listens from then on.
    await once(socket, 'message');
    const ask = asker(socket);

    const account = {
      name: 'Ada Okafor',
      handle: 'ada',
      password: 'nine lives of the office cat',
      device: 'a tab',
    };
    const { team } = await ask('team.start', { teamName: 'Harbour', ...account });
    const look = async () => (await ask('open', {})).state.teams[team];
    await expect
      .poll(async () => Object.keys((await look())?.channels ?? {}).length)
      .toBeGreaterThan(0);
    const channel = Object.keys((await look())?.channels ?? {})[0] ?? '';
    await ask('timeline.open', { team, channel, at: 'end' });
    await ask('message.send', {
      team,
      channel,
      text: 'see https://198.51.100.1/preview.png and http://example.test',
    });
    await expect.poll(async () => (await look())?.team.outbox.waiting).toBe(0);
    await ask('invite.create', { team, role: 'member', days: 7, uses: 1 });
    socket.terminate();

    const gone = once(host, 'close');
    host.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
    const relayLog = readFileSync(join(data, 'relay', 'relay.log'), 'utf8');
    for (const said of [errors, relayLog]) {
      expect(said).toMatch(/FORBIDDEN \d+/);
      expect(said.split('\n').filter((one) => one.startsWith('OUTBOUND'))).toEqual([]);
    }
  } finally {
    if (host.exitCode === null && host.signalCode === null) {
      host.kill('SIGKILL');
      await once(host, 'close');
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
