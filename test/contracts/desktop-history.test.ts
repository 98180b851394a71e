/** What a new device has of the past some time after it joined, with a relay and a window. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChannelId, MessageId } from '../../protocol/ids.ts';
import { createHouse, TEAM, type Desk, type House } from '../kit/house.ts';
import type { TestClient } from '../kit/relay-kit.ts';

let house: House;
let ben: TestClient;
let general: ChannelId;
beforeEach(async () => {
  const many = {
    sendsPerSecond: 1_000,
    sendsBurst: 1_000,
    framesPerSecond: 1_000,
    framesBurst: 1_000,
  };
  house = await createHouse({ limits: many });
  general = house.kit.general;
  ben = await house.kit.live(await house.kit.person('ben'));
  for (let n = 0; n < 700; n++)
    ben.say({ t: 'post', op: house.kit.id<MessageId>(), channel: general, text: `line ${n}` });
  await house.rest();
});
afterEach(() => house.dispose());

const held = (desk: Desk) => desk.now.call('channel.held', { team: TEAM, channel: general });

test('a new device has all of it a little later, and shows it without the relay', async () => {
  const ada = await house.desk(house.kit.owner);
  expect(await held(ada)).toMatchObject({ isWhole: false });
  await house.rest(10_000);
  expect(await held(ada)).toEqual({ at: expect.any(Number), isWhole: true });
  expect(ada.now.channel('general').unread).toBe(700);
  ada.plug.pull();
  await ada.restart();
  await ada.now.call('timeline.open', { team: TEAM, channel: general, at: 'end' });
  await house.rest();
  for (let n = 0; n < 20 && ada.now.state.timeline?.hasOlder === true; n++) {
    await ada.now.call('timeline.older', {});
    await house.rest();
  }
  expect(ada.now.messages.map(({ text }) => text)).toEqual(
    Array.from({ length: 700 }, (_, n) => `line ${n}`),
  );
});

test('of a channel that it was taken out of meanwhile nothing stays, and nothing is fetched', async () => {
  const ada = await house.desk(house.kit.owner);
  await ada.now.call('channel.leave', { team: TEAM, channel: general });
  await house.rest(10_000);
  expect(await held(ada)).toEqual({ at: null, isWhole: false });
});
