/** The step that finds what keeps a stream back: over a real relay, with nothing, a proxy of ours and a real Nginx in between. */
import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVENTS_PATH, STREAM_TYPE } from '../protocol/doors.ts';
import { fail, ok } from '../protocol/result.ts';
import { createDoctorKit, type DoctorKit } from '../test/kit/doctor-kit.ts';
import { createFakeClock, type FakeClock } from '../test/kit/fake-clock.ts';
import { NGINX, startNginx } from '../test/kit/services/nginx.ts';
import { examine } from './examine.ts';
import type { Finding } from './findings.ts';
import { systemSockets } from './sockets.ts';
import { HELD_MS, STEPS } from './steps.ts';
import type { Subject } from './visit.ts';

let kit: DoctorKit;
let clock: FakeClock;
beforeEach(async () => {
  kit = await createDoctorKit();
  clock = createFakeClock();
});
afterEach(() => kit.dispose());

/** That step alone. */
async function found(one: Subject): Promise<Finding | undefined> {
  const steps = STEPS.filter(({ name }) => name === 'buffering');
  const all: Finding[] = [];
  for await (const finding of examine(one, {
    sockets: systemSockets,
    clock,
    signal: new AbortController().signal,
    steps,
  }))
    all.push(finding);
  return all[0];
}
/** Time passes once the relay has the stream, and nothing more is on its way. */
async function foundLate(one: Subject): Promise<Finding | undefined> {
  const finding = found(one);
  await expect.poll(() => kit.relay.core.stats.connections).toBe(1);
  clock.advance(HELD_MS);
  return finding;
}

async function serve(
  answer: (asked: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  kit.ends.push(() => (server.closeAllConnections(), server.close()));
  return (server.address() as AddressInfo).port;
}
/** Passes answers on when they are whole. */
const holding = (isMute: (path: string) => boolean = () => false): Promise<number> =>
  serve((asked, response) => {
    const { url = '', method, headers } = asked;
    if (isMute(url)) return;
    const onward = request(
      { host: '127.0.0.1', port: kit.relay.port, path: url, method, headers, agent: false },
      (came) => {
        const chunks: Buffer[] = [];
        came.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
        came.on('end', () =>
          response.writeHead(came.statusCode ?? 502, came.headers).end(Buffer.concat(chunks)),
        );
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    asked.pipe(onward);
  });

test('a stream that comes as it is said is well, and leaves no line behind', async () => {
  expect(await found(kit.subject(kit.relay.port))).toMatchObject({
    says: 'buffering.passed',
    isWell: true,
  });
  await expect.poll(() => kit.relay.core.stats.connections).toBe(0);
  expect(clock.pending).toBe(0);
});

test('a proxy that passes answers on when they are whole is found, while the relay answers beside', async () => {
  const one = kit.subject(await holding());
  expect(await foundLate(one)).toMatchObject({
    says: 'buffering.held-back',
    isWell: false,
    facts: { seconds: HELD_MS / 1_000 },
  });
  expect(clock.pending).toBe(0);
});

test('where nothing is answered beside it either, buffering is not what is wrong', async () => {
  const one = kit.subject(await holding((path) => path !== EVENTS_PATH));
  const finding = foundLate(one);
  await expect.poll(() => clock.pending).toBe(1);
  clock.advance(HELD_MS);
  expect(await finding).toMatchObject({ says: 'buffering.cut', facts: { code: 'ETIMEDOUT' } });
});

test.each<readonly [string, (response: ServerResponse) => unknown, Partial<Finding>]>([
  [
    'a relay without streams',
    (response) => response.writeHead(404).end('{}'),
    { says: 'buffering.no-stream', facts: { status: 404 } },
  ],
  [
    'a page in its place',
    (response) => response.writeHead(200).end('<html>'),
    { says: 'buffering.no-stream', facts: { status: 200 } },
  ],
  [
    'a stream that ends before it told all',
    (response) =>
      response.writeHead(200, { 'content-type': STREAM_TYPE }).end('data: {"t":"welcome"}\n\n'),
    { says: 'buffering.cut', facts: { code: 'EOF' } },
  ],
  [
    'a stream that is cut',
    (response) => response.destroy(),
    { says: 'buffering.cut', facts: { code: 'ECONNRESET' } },
  ],
])('%s', async (_what, answer, expected) => {
  const port = await serve((_asked, response) => void answer(response));
  expect(await found(kit.subject(port))).toMatchObject(expected);
});

test('a token that is no good is left to the step that shows it', async () => {
  expect(
    await found({ ...kit.subject(kit.relay.port), access: async () => ok('nonsense') }),
  ).toBeUndefined();
  expect(
    await found({ ...kit.subject(kit.relay.port), access: async () => fail({ kind: 'ended' }) }),
  ).toBeUndefined();
  expect(await found({ ...kit.subject(kit.relay.port), access: null })).toBeUndefined();
});

describe.skipIf(NGINX === undefined)('behind a real Nginx', () => {
  const behind = (change?: (site: string) => string): Promise<Subject> =>
    kit.behind((parts) => startNginx(parts, change));

  test('with the kept configuration it is well', async () => {
    expect(await found(await behind())).toMatchObject({ says: 'buffering.passed' });
  });

  test('proxy_buffering on does no harm where Nginx listens to the relay about it', async () => {
    expect(
      await found(
        await behind((site) => site.replace('proxy_buffering off;', 'proxy_buffering on;')),
      ),
    ).toMatchObject({
      says: 'buffering.passed',
    });
  });

  test('proxy_buffering on is found out where Nginx does not listen to the relay about it', async () => {
    const buffers = (site: string): string =>
      site.replace(
        'proxy_buffering off;',
        'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;',
      );
    const one = await behind((site) => {
      expect(buffers(site)).not.toBe(site);
      return buffers(site);
    });
    expect(await foundLate(one)).toMatchObject({ says: 'buffering.held-back', isWell: false });
  });
});
