/** Frames that are almost right, and bytes that are none: the relay answers each in words or hangs up, and goes on serving the others. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import fixtures from '../../protocol/fixtures/frames.json' with { type: 'json' };
import { mutations, questions } from '../../protocol/frames-up.ts';
import type { SignedIn } from '../../protocol/http.ts';
import { createLineKit, gone, type LineKit } from '../kit/line-kit.ts';
import { createSeededRandom } from '../kit/seeded-random.ts';
import { frame, handshake } from '../kit/socket-kit.ts';

const ENOUGH = 1_000_000_000;
let kit: LineKit;
let bo: SignedIn;
beforeAll(async () => {
  kit = await createLineKit({
    framesPerSecond: ENOUGH,
    framesBurst: ENOUGH,
    sendsPerSecond: ENOUGH,
    sendsBurst: ENOUGH,
    historyPerSecond: ENOUGH,
    bytesInPerSecond: ENOUGH,
    socketsPerMember: 1_000,
    socketsUnauthenticatedPerAddress: 1_000,
  });
  bo = await kit.person('bo');
});
afterAll(() => kit.dispose());

const isServed = async (): Promise<void> => {
  const line = await kit.line(kit.ada);
  expect(
    await line.ask({ t: 'post', op: kit.op(), channel: kit.ada.team.id, text: 'still here' }),
  ).toMatchObject({ t: 'ack' });
  line.ws.terminate();
  expect(kit.log.filter((text) => /-failed|crashed/.test(text))).toEqual([]);
};

const ODD: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e308,
  2 ** 53,
  '',
  'all',
  '\u0000',
  '\ud800',
  '\u202egnp.exe',
  '../../x',
  "' OR 1=1 --",
  'x'.repeat(70_000),
  [],
  [null],
  {},
  { toString: 1 },
  JSON.parse('{"__proto__":{"admin":true}}'),
];

test('S29: every field of every frame with everything it is not is answered in words, and never as a fault of ours', async () => {
  const line = await kit.line(bo);
  const asked: { readonly key: string; readonly value: unknown; readonly what: string }[] = [];
  let req = 1_000;
  for (const example of fixtures.up as readonly Record<string, unknown>[]) {
    const { t } = example;
    const key = Object.hasOwn(mutations, String(t))
      ? 'op'
      : Object.hasOwn(questions, String(t))
        ? 'req'
        : undefined;
    // A second hello ends the line, and signals are not answered.
    if (key === undefined) continue;
    for (const field of [...Object.keys(example), 'more']) {
      if (field === 't' || field === key) continue;
      for (const odd of ODD) {
        const value = key === 'op' ? kit.op() : ++req;
        line.say({ ...example, [key]: value, [field]: odd });
        asked.push({
          key,
          value,
          what: `${String(t)}.${field} = ${String(JSON.stringify(odd)).slice(0, 40)}`,
        });
      }
    }
  }
  expect(asked.length).toBeGreaterThan(1_000);
  const last = await line.ask({ t: 'get-team', req: 7 });
  expect(last).toMatchObject({ t: 'team-state' });
  const kinds = new Map<unknown, unknown>();
  for (const { key, value, what } of asked) {
    const answer = await line.until((one) => one[key] === value);
    const refusal = answer['refusal'] as { readonly kind: string } | undefined;
    expect([what, refusal?.kind === 'internal'].join()).toBe(`${what},false`);
    kinds.set(refusal?.kind ?? 'done', what);
  }
  expect(kinds.has('bad-request')).toBe(true);
  expect(line.texts.join('')).not.toMatch(/SQLITE|at \w+ \(|\.ts:/);
  expect(({} as { admin?: unknown }).admin).toBeUndefined();
  line.ws.terminate();
  await isServed();
});

test('T7: random bytes after the upgrade, and frames with a few bytes changed, harm nobody else', async () => {
  const random = createSeededRandom('hostile bytes');
  const upTo = (most: number): number => Math.floor(random.fraction() * most);
  const hello = JSON.stringify({
    t: 'hello',
    versions: { min: 1, max: 1 },
    epoch: null,
    positions: {},
    focus: null,
    presence: 'here',
  });
  const honest = [hello, ...fixtures.up.map((one) => JSON.stringify(one))];
  const attempt = async (n: number): Promise<void> => {
    const socket = await kit.tls();
    const closed = gone(socket);
    socket.resume();
    socket.write(handshake(kit.relay.port, { Authorization: `Bearer ${bo.tokens.access}` }));
    let bytes: Buffer;
    if (n % 2 === 0) bytes = Buffer.from(random.bytes(1 + upTo(2_000)));
    else {
      bytes = Buffer.concat(
        honest.slice(0, 1 + upTo(honest.length)).map((payload) => frame({ opcode: 1, payload })),
      );
      for (let change = upTo(4); change >= 0; change--) bytes[upTo(bytes.length)] = upTo(256);
    }
    socket.end(bytes);
    await closed;
  };
  for (let n = 0; n < 400; n += 20)
    await Promise.all(Array.from({ length: 20 }, (_, at) => attempt(n + at)));
  await expect.poll(() => kit.relay.core.stats.connections).toBe(0);
  expect(kit.relay.core.stats).toMatchObject({ members: 0, queuedBytes: 0 });
  await isServed();
});
