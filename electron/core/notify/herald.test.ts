import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Channel } from '../../../protocol/entities.ts';
import type { ChannelId, MemberId } from '../../../protocol/ids.ts';
import { createTestHost, createTestNotifier, keepingLog } from '../../../test/kit/desktop-kit.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { openData } from '../cache/data.ts';
import type { CachedMessage } from '../cache/message-rows.ts';
import { broadcast } from '../events/broadcast.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import { createReplica } from '../sync/replica.ts';
import { createAttention } from './attention.ts';
import { createHerald } from './herald.ts';

const ME = '01900000-0000-4000-8000-000000000001' as MemberId;
const READ = 3;
const FACTS: Channel = {
  id: '01900000-0000-4000-8000-0000000000c1' as ChannelId,
  kind: 'public',
  name: 'pier',
  topic: '',
  isArchived: false,
  createdAt: 1,
  createdBy: ME,
  seq: 1,
};

/** What is decided of the messages when they come in these lots. */
function decided(
  lots: readonly (readonly CachedMessage[])[],
  level: 'all' | 'mentions' | 'none',
): readonly unknown[] {
  const clock = createFakeClock();
  const data = openData({ dir: ':memory:', clock, log: keepingLog() });
  const cache = data.cache();
  const { changes } = broadcast();
  const host = createTestHost();
  const replica = createReplica({
    team: { id: 'team', key: 1, me: ME, handle: 'ada' },
    cache,
    changes,
    mask: () => 7,
  });
  const channel = replica.putChannel(FACTS, { isJoined: true, readSeq: READ, level });
  const herald = createHerald({
    clock,
    notifier: createTestNotifier(),
    host,
    attention: createAttention({ host }),
    settings: () => ({
      ...DEFAULT_SETTINGS,
      notifications: { ...DEFAULT_SETTINGS.notifications, keywords: ['storm'] },
    }),
    log: keepingLog(),
    onFailed: () => undefined,
  });
  for (const lot of lots) herald.consider({ replica, cache, isDoNotDisturb: false }, channel, lot);
  const decisions = lots.flat().map(({ id }) => cache.teams.decision(1, id));
  data.close();
  return decisions;
}

const messages = fc
  .array(
    fc.record({
      author: fc.constantFrom(ME, 'ben'),
      text: fc.constantFrom('calm', 'a storm'),
      calls: fc.constantFrom(0, 0, 0, 1, 2, 4, 5),
      seq: fc.constantFrom(READ, READ + 1),
    }),
    { maxLength: 30 },
  )
  .map((drawn): readonly CachedMessage[] =>
    drawn.map((one, n) => ({
      ...one,
      id: `message-${n}`,
      at: n,
      editSeq: 0,
      editedAt: null,
      isDeleted: false,
    })),
  );

test('of messages that come together is decided what would be decided of each by itself', () => {
  fc.assert(
    fc.property(
      messages,
      fc.constantFrom('all' as const, 'mentions' as const, 'none' as const),
      (drawn, level) => {
        const together = decided([drawn], level);
        expect(together).not.toContain(undefined);
        expect(together).toEqual(
          decided(
            drawn.map((one) => [one]),
            level,
          ),
        );
      },
    ),
    { numRuns: 100 },
  );
});

test('what was decided of a message stays, whatever would be decided of it now', () => {
  const calm: CachedMessage = {
    id: 'm',
    seq: READ + 1,
    author: 'ben',
    at: 1,
    text: 'calm',
    editSeq: 0,
    editedAt: null,
    isDeleted: false,
    calls: 0,
  };
  const [first, second] = decided([[calm], [{ ...calm, calls: 1 }]], 'mentions');
  expect(first).toMatchObject({ rule: 7, outcome: 'dot' });
  expect(second).toEqual(first);
});
