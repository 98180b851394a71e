/** What is said in requests: a signal reaches who may hear it, and an allowance outlives the request. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChannelId, SessionId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createRelayKit, type Person, type RelayKit } from '../../test/kit/relay-kit.ts';
import type { Talked } from './talk.ts';

let kit: RelayKit;
beforeEach(async () => {
  kit = await createRelayKit();
});
afterEach(() => kit.dispose());

const say = (who: Person, ...frames: readonly unknown[]): Promise<Talked> =>
  kit.core.talk.say(
    {
      member: who.id,
      session: `session of ${who.handle}` as SessionId,
      accessExpiresAt: kit.clock.now() + 600_000,
    },
    frames.map((frame) => JSON.stringify(frame)),
  );

test('typing is told by who is in the channel, though they listen at no door of this relay', async () => {
  const ada = await kit.live(kit.owner);
  const ben = await kit.person('ben');
  const secret = kit.id<ChannelId>();
  ada.say({
    t: 'create-channel',
    op: kit.id(),
    id: secret,
    kind: 'private',
    name: 'board',
    topic: '',
    members: [],
  });
  await kit.settle();
  expect(await say(ben, { t: 'typing', channel: secret })).toEqual({ kind: 'answered', lines: [] });
  await kit.settle();
  expect(ada.all('typing')).toEqual([]);
  for (let n = 0; n < 3; n++) await say(ben, { t: 'typing', channel: kit.general });
  await kit.settle();
  expect(ada.all('typing')).toEqual([{ t: 'typing', channel: kit.general, member: ben.id }]);
});

test('a request is no socket: it counts as no connection and shows nobody', async () => {
  const ada = await kit.live(kit.owner);
  const ben = await kit.person('ben');
  ada.clear();
  const talked = await say(ben, {
    t: 'post',
    op: kit.id(),
    channel: kit.general,
    text: 'passing by',
  });
  kit.clock.advance(10_000);
  await kit.settle();
  expect(talked).toMatchObject({ kind: 'answered', lines: [expect.stringContaining('"ack"')] });
  expect(kit.core.stats.connections).toBe(1);
  expect(ada.all('presence').filter(({ members }) => Object.hasOwn(members, ben.id))).toEqual([]);
});

test('a session is known for doorMemoryMs after a request, and is a newcomer then', async () => {
  const ben = await kit.person('ben');
  const session = `session of ${ben.handle}` as SessionId;
  const who = { member: ben.id, session, accessExpiresAt: kit.clock.now() + 600_000 };
  expect(kit.core.talk.knows(who)).toBe(false);
  await say(ben, { t: 'presence', presence: 'here' });
  kit.clock.advance(DEFAULT_LIMITS.doorMemoryMs - 1);
  expect(kit.core.talk.knows(who)).toBe(true);
  kit.clock.advance(1);
  expect(kit.core.talk.knows(who)).toBe(false);
});

test('who goes on for too long is told to stop, as a socket would be', async () => {
  const ben = await kit.person('ben');
  const ended: Talked[] = [];
  for (let n = 0; n < 20; n++)
    ended.push(
      await say(ben, ...Array.from({ length: 32 }, () => ({ t: 'presence', presence: 'here' }))),
    );
  expect(ended.at(-1)).toEqual({ kind: 'closed', code: 4029 });
});
