/** What is said in requests: a signal reaches who may hear it, and an allowance outlives the request. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChannelId, MessageId, SessionId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { createFakeSeats } from '../../test/kit/fake-seats.ts';
import { createRelayKit, type Person, type RelayKit } from '../../test/kit/relay-kit.ts';
import { createLocalBudgets, type LocalBudgets } from '../adapters/budgets-local.ts';
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

test('what a session has said is remembered until it has been silent for long', async () => {
  const ben = await kit.person('ben');
  const posts = Array.from({ length: DEFAULT_LIMITS.sendsBurst }, (_, n) => ({
    t: 'post',
    op: kit.id(),
    channel: kit.general,
    text: `${n}`,
  }));
  await say(ben, ...posts);
  const over = (): Promise<Talked> =>
    say(ben, { t: 'post', op: kit.id(), channel: kit.general, text: 'more' });
  expect(await over()).toMatchObject({ lines: [expect.stringContaining('rate-limited')] });
  kit.clock.advance(DEFAULT_LIMITS.doorMemoryMs + 1);
  expect(await over()).toMatchObject({ lines: [expect.stringContaining('"ack"')] });
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

describe('at several relays', () => {
  let shared: LocalBudgets;
  beforeEach(async () => {
    await kit.dispose();
    shared = createLocalBudgets({ clock: createFakeClock(), limits: DEFAULT_LIMITS });
    kit = await createRelayKit({ team: { budgets: shared, seats: createFakeSeats() } });
  });
  /** As if they had said so much at another relay a moment ago. */
  const saidElsewhere = (
    kind: 'sends' | 'frames',
    who: Person,
    amount: number,
  ): Promise<unknown> => {
    const { sendsPerSecond, framesPerSecond } = DEFAULT_LIMITS;
    const budget = {
      name: `${kind} of ${who.id}`,
      perSecond: kind === 'sends' ? sendsPerSecond : framesPerSecond,
      burst: amount,
    };
    return shared.settle([{ budget, amount, overMs: 0 }]);
  };
  const aSecondLater = async (): Promise<void> => {
    kit.clock.advance(DEFAULT_LIMITS.settleEveryMs);
    await kit.settle();
  };
  const posting = () =>
    ({ t: 'post', op: kit.id<MessageId>(), channel: kit.general, text: 'x' }) as const;

  test('requests at one count at another, whichever session makes them', async () => {
    const ben = await kit.person('ben');
    await saidElsewhere('frames', ben, 10 * DEFAULT_LIMITS.framesBurst);
    const ask = { t: 'get-team', req: 1 };
    expect(await say(ben, ask)).toMatchObject({ lines: [expect.stringContaining('"team-state"')] });
    await aSecondLater();
    expect(await say(ben, ask)).toMatchObject({ lines: [expect.stringContaining('rate-limited')] });
    const who = {
      member: ben.id,
      session: 'another' as SessionId,
      accessExpiresAt: kit.clock.now() + 600_000,
    };
    expect(kit.core.talk.knock(who, 1)).toBeGreaterThan(0);
    // A line of theirs has frames of its own.
    const line = await kit.live(ben);
    line.say({ t: 'get-team', req: 2 });
    await kit.settle();
    expect(line.all('team-state')).toHaveLength(1);
  });

  test('messages at one count at another, over a line as in requests', async () => {
    const [ada, ben] = [await kit.live(kit.owner), await kit.person('ben')];
    for (const who of [kit.owner, ben])
      await saidElsewhere('sends', who, 10 * DEFAULT_LIMITS.sendsBurst);
    ada.say(posting());
    expect(await say(ben, posting())).toMatchObject({ lines: [expect.stringContaining('"ack"')] });
    await aSecondLater();
    expect(ada.all('ack')).toHaveLength(1);
    ada.say(posting());
    await kit.settle();
    expect(ada.all('refused')).toMatchObject([
      { refusal: { kind: 'rate-limited', retryable: true, retryAfterMs: expect.any(Number) } },
    ]);
    expect(await say(ben, posting())).toMatchObject({
      lines: [expect.stringContaining('rate-limited')],
    });
    expect(kit.lines.filter(({ event }) => event.endsWith('-failed'))).toEqual([]);
  });
});
