/** What the sockets notice of a store that was away: nothing is missing afterwards, and no position outlives its epoch. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { channelFeed } from '../../protocol/ids.ts';
import { createRelayKit, post, seqsOf, type RelayKit } from '../../test/kit/relay-kit.ts';
import { overriding } from '../../test/sim/relay-node.ts';
import type { FanOut } from '../ports/fan-out.ts';
import type { Interruption } from '../ports/store.ts';

let kit: RelayKit;
let interrupt: (what: Interruption) => void;
let isDeaf = false;

beforeEach(async () => {
  isDeaf = false;
  kit = await createRelayKit({
    wrapFanOut: (fanOut): FanOut =>
      overriding(fanOut, { publish: (message) => void (isDeaf || fanOut.publish(message)) }),
    wrapStore: (store) =>
      overriding(store, {
        onInterrupted: (listener) => {
          interrupt = listener;
          return () => undefined;
        },
      }),
  });
});
afterEach(() => kit.dispose());

test('what was committed while the store was away is told when it is there again', async () => {
  const ada = await kit.live(kit.owner);
  isDeaf = true;
  ada.say(post(kit.id(), kit.general, 'committed, and told to nobody'));
  await kit.settle();
  expect(seqsOf(ada, channelFeed(kit.general))).toEqual([]);
  interrupt('reconnected');
  await kit.settle();
  expect(seqsOf(ada, channelFeed(kit.general))).toEqual([2]);
  expect(ada.closedWith).toBeUndefined();
});

test('a store that lost history sends everybody away to say hello anew', async () => {
  const clients = [await kit.live(kit.owner), await kit.live(await kit.person('bo'))];
  interrupt('new-epoch');
  expect(clients.map((client) => client.closedWith)).toEqual([CLOSE.restart, CLOSE.restart]);
  expect(kit.core.stats).toMatchObject({ connections: 0, feeds: 0 });
});
