import { expect, test } from 'vitest';
import { eventsRequest } from '../../../protocol/doors.ts';
import type { Position } from '../../../protocol/feeds.ts';
import type { Hello } from '../../../protocol/frames-up.ts';
import type { Epoch, FeedId } from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { WELCOME } from '../../../test/kit/connection-rig.ts';
import { HeardSoFar } from './heard-so-far.ts';

const feed = (n: number): FeedId =>
  `channel/0190a000-0000-7000-8000-${String(n).padStart(12, '0')}` as FeedId;
const PROVEN: Position = { seq: 7, at: 70, proven: { seq: 6, proof: 'p'.repeat(34) } };
const helloWith = (positions: Record<FeedId, Position>): Hello => ({
  t: 'hello',
  versions: { min: 1, max: 1 },
  epoch: WELCOME.epoch,
  positions,
  focus: null,
  presence: 'here',
});
const event = (seq: number): object => ({ seq, at: 10 * seq, by: 'b', kind: 'posted' });
const heard = (hello: Hello, ...frames: readonly object[]) => {
  const far = new HeardSoFar();
  far.begin(hello);
  for (const frame of frames) far.take(JSON.stringify(frame), false);
  const request = { ...far.request(hello), waitMs: 0, seenPresence: null };
  return eventsRequest.parse(request);
};

test('a first request says the positions of hello, with their proofs', () => {
  const { hello, more, isGoingOn } = heard(helloWith({ [feed(1)]: PROVEN }));
  expect([hello.positions, more, isGoingOn]).toEqual([{ [feed(1)]: PROVEN }, undefined, false]);
});

test('what moved since is said with the time of its event, what did not as before', () => {
  const request = heard(
    helloWith({ [feed(1)]: PROVEN, [feed(2)]: PROVEN }),
    WELCOME,
    { t: 'events', feed: feed(1), events: [event(8), event(9)] },
    { t: 'page', feed: feed(3), from: 1, to: 2, head: 2, events: [event(1), event(2)] },
    // Nothing new after all.
    { t: 'page', feed: feed(2), from: 8, to: 7, head: 7, events: [] },
    { t: 'team-state', seq: 4, at: 40 },
    { t: 'member-state', seq: 5, at: 50 },
  );
  expect([request.hello.positions, request.isGoingOn]).toEqual([
    {
      [feed(1)]: { seq: 9, at: 90 },
      [feed(2)]: PROVEN,
      [feed(3)]: { seq: 2, at: 20 },
      team: { seq: 4, at: 40 },
      [`member/${WELCOME.member}`]: { seq: 5, at: 50 },
    },
    true,
  ]);
});

test('what finds no room in hello is said beside it, without proofs', () => {
  const count = DEFAULT_LIMITS.helloPositions;
  const positions = Object.fromEntries(
    Array.from({ length: count + 1 }, (_, n) => [feed(n), PROVEN]),
  );
  const { hello, more } = heard(helloWith(positions));
  expect(Object.keys(hello.positions)).toHaveLength(count);
  expect(more).toEqual({ [feed(count)]: { seq: 7, at: 70 } });
});

test.each([
  ['another epoch', { epoch: 'f'.repeat(32) as Epoch }],
  ['positions that the relay does not bear out', { isResumed: false }],
])('a welcome with %s leaves no position', (_what, change) => {
  const request = heard(helloWith({ [feed(1)]: PROVEN }), { ...WELCOME, ...change });
  expect(request.hello.positions).toEqual({});
});
