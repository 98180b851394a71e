/** What serves those who measure a line: echoes that nobody else hears, and what the relay's process has used, told to few. */
import { afterEach, expect, test } from 'vitest';
import { ROLES } from '../../protocol/entities.ts';
import { memberFeed } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { CPU_MS, createRelayKit, type RelayKit } from '../../test/kit/relay-kit.ts';

let kit: RelayKit;
afterEach(() => kit.dispose());

test('an echo is acknowledged and heard on every device of its sender, and by nobody else', async () => {
  kit = await createRelayKit();
  const lin = await kit.person('lin');
  const [desk, phone, other] = [
    await kit.live(lin),
    await kit.live(lin),
    await kit.live(kit.owner),
  ];
  const op = kit.id<never>();
  desk.say({ t: 'echo', op, text: 'xxxx' });
  await kit.settle();
  expect(desk.all('ack')).toMatchObject([{ op, feed: memberFeed(lin.id) }]);
  for (const { frames } of [desk, phone]) {
    const events = frames.flatMap((frame) => (frame.t === 'events' ? frame.events : []));
    expect(events).toMatchObject([{ kind: 'echoed', id: op, text: 'xxxx' }]);
  }
  expect(other.texts).toEqual([]);
});

test('echoes count against the allowance of messages', async () => {
  kit = await createRelayKit();
  const client = await kit.live(kit.owner);
  for (let n = 0; n <= DEFAULT_LIMITS.sendsBurst; n++)
    client.say({ t: 'echo', op: kit.id<never>(), text: 'x' });
  await kit.settle();
  expect(client.all('ack')).toHaveLength(DEFAULT_LIMITS.sendsBurst);
  expect(client.all('refused').map(({ refusal }) => refusal.kind)).toEqual(['rate-limited']);
});

test.each(ROLES)('what the process has used is told to owners and admins: %s', async (role) => {
  kit = await createRelayKit();
  const client = await kit.live(await kit.person('lin', role));
  client.say({ t: 'usage', req: 7 });
  await kit.settle();
  const isTold = role === 'owner' || role === 'admin';
  expect(client.all('usage')).toEqual(
    isTold ? [{ t: 'usage', req: 7, node: 'test', cpuMs: CPU_MS }] : [],
  );
  expect(client.all('refused').map(({ req, refusal }) => [req, refusal.kind])).toEqual(
    isTold ? [] : [[7, 'not-allowed']],
  );
});
