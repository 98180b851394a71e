/** A client that reads too slowly loses nothing, costs little, and keeps nobody waiting. */
import { afterEach, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { channelFeed, type MessageId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import {
  createRelayKit,
  post,
  seqsOf,
  type Person,
  type RelayKit,
  type TestClient,
} from '../../test/kit/relay-kit.ts';

let kit: RelayKit;
let bo: Person;
let slow: TestClient;
afterEach(() => kit.dispose());

const LIMITS = {
  outboundDropSignalsBytes: 1_000,
  outboundBehindBytes: 10_000,
  outboundCloseBytes: 100_000,
  outboundStallMs: 10_000,
  outboundTotalBytes: 150_000,
};
async function start(limits: Partial<Limits> = {}): Promise<TestClient> {
  kit = await createRelayKit({ limits: { ...LIMITS, ...limits } });
  bo = await kit.person('bo');
  slow = await kit.live(bo);
  return kit.live(kit.owner);
}
const say = async (count: number, text = 'x'): Promise<void> => {
  await kit.write(async (tx) => {
    for (let i = 0; i < count; i++) {
      const id = kit.id<MessageId>();
      await tx.append(channelFeed(kit.general), {
        by: kit.owner.id,
        kind: 'posted',
        op: id,
        body: { id, text },
      });
    }
  });
  await kit.settle();
};
const heard = (client: TestClient): number[] => seqsOf(client, channelFeed(kit.general));

test('is spared signals first', async () => {
  const ada = await start();
  slow.queuedBytes = 1_001;
  await say(1);
  ada.say({ t: 'typing', channel: kit.general });
  await kit.settle();
  expect(slow.all('typing')).toEqual([]);
  slow.queuedBytes = 0;
  slow.side.drained();
  kit.clock.advance(3_001);
  ada.say({ t: 'typing', channel: kit.general });
  await kit.settle();
  expect(slow.all('typing')).toHaveLength(1);
});

test('then is not pushed to any more, and when it has room again gets the rest from the store, once and in order', async () => {
  const ada = await start();
  await say(1);
  slow.queuedBytes = 10_001;
  await say(1);
  for (let i = 0; i < 30; i++) await say(3);
  const before = heard(slow).length;
  expect(before).toBeLessThan(5);
  expect(heard(ada)).toHaveLength(92);
  slow.queuedBytes = 0;
  slow.side.drained();
  await kit.settle();
  expect(heard(slow)).toEqual(heard(ada));
  await say(1);
  expect(heard(slow)).toEqual(heard(ada));
  expect(kit.lines.filter((line) => line.event === 'client-behind')).toHaveLength(1);
});

test('is closed as slow when too much waits for it all the same', async () => {
  await start();
  slow.queuedBytes = 100_001;
  await say(1);
  expect(slow.closedWith).toBe(CLOSE.slow);
  expect(kit.core.counts.slow['too-much']).toBe(1);
});

test('is closed as slow when it takes nothing for ten seconds', async () => {
  await start();
  slow.queuedBytes = 500;
  await say(1);
  kit.clock.advance(9_500);
  expect(slow.closedWith).toBeUndefined();
  kit.clock.advance(1_000);
  expect(slow.closedWith).toBe(CLOSE.slow);
  expect(kit.core.counts.slow.stalled).toBe(1);
});

test('is not closed while it takes a little', async () => {
  await start();
  slow.queuedBytes = 5_000;
  await say(1);
  for (let i = 0; i < 15; i++) {
    kit.clock.advance(2_000);
    slow.queuedBytes -= 100;
    if (slow.pings > 0) slow.side.heard();
  }
  expect(slow.closedWith).toBeUndefined();
});

test('of many the slowest go first when all together hold too much', async () => {
  await start();
  const others = await Promise.all([1, 2, 3].map(() => kit.live(bo)));
  slow.queuedBytes = 70_000;
  others.forEach((client, i) => (client.queuedBytes = 20_000 * (i + 1)));
  await say(1);
  kit.clock.advance(250);
  expect([slow, ...others].map((client) => client.closedWith)).toEqual([
    CLOSE.slow,
    undefined,
    undefined,
    undefined,
  ]);
  expect(kit.core.counts.slow).toEqual({ 'too-much': 0, stalled: 0, shed: 1 });
});

test('does not keep the others from hearing at once', async () => {
  const ada = await start();
  slow.queuedBytes = 50_000;
  ada.say(post(kit.id(), kit.general, 'now'));
  await kit.settle();
  expect([heard(ada), ada.all('ack').length]).toEqual([[3], 1]);
});

test('that falls behind and leaves a channel hears no more of it', async () => {
  const ada = await start();
  await say(1);
  slow.queuedBytes = 10_001;
  await say(1);
  await say(5, 'canary');
  ada.say({ t: 'remove-member', op: kit.id(), channel: kit.general, member: bo.id });
  await kit.settle();
  slow.queuedBytes = 0;
  slow.side.drained();
  await kit.settle();
  expect(slow.texts.join()).not.toContain('canary');
});
