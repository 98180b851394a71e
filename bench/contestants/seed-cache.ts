/**
 * Fills a desktop's folder with a team and its cached messages, through the cache's own functions: a year of talk without the year.
 * A process of its own, so that the desktop which is measured starts cold.
 */
import type { ChannelId, Epoch, MemberId } from '../../protocol/ids.ts';
import { openData } from '../../electron/core/cache/data.ts';
import { createSystemClock } from '../../electron/host/system-clock.ts';
import { bodiesOf } from '../kit/bodies.ts';

export interface CacheSeeding {
  readonly folder: string;
  readonly channels: number;
  readonly messages: number;
}

const MEMBERS = 50;
const AT_ONCE = 20_000;
const nothing = (): void => undefined;
const uuid = (kind: number, n: number): string =>
  `0190000${kind}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

const { folder, channels, messages } = JSON.parse(process.argv[2] ?? '{}') as CacheSeeding;
const clock = createSystemClock();
const data = openData({
  dir: folder,
  clock,
  log: { info: nothing, warn: nothing, error: nothing },
});
const cache = data.cache();
const me = uuid(1, 0) as MemberId;
const now = clock.now();
const { key } = data.ledger.rows.addTeam({
  id: uuid(0, 1),
  place: 0,
  // Nobody listens there: what is measured is the start without a relay.
  address: '127.0.0.1:9',
  fingerprint: '0'.repeat(64),
  relayTeam: uuid(0, 2),
  name: 'Bench',
  me,
  handle: 'member0',
  displayName: 'Member 0',
  role: 'member',
  device: 'Bench',
  session: uuid(0, 3),
  presence: 'here',
  isHostedHere: false,
  standing: 'in',
  epoch: '0'.repeat(32),
  sealedAccess: new Uint8Array(Buffer.from('a.b.c')),
  sealedRefresh: new Uint8Array(Buffer.from('refresh')),
  memberInviteDays: 7,
  memberInviteUses: 25,
  accessExpiresAt: now + 600_000,
});

const keys: number[] = [];
const each = Math.floor(messages / channels);
cache.db.transaction('bench.team', () => {
  cache.teams.putSync(key, {
    epoch: '0'.repeat(32) as Epoch,
    teamSeq: MEMBERS + 1,
    memberSeq: channels + 1,
  });
  for (let i = 0; i < MEMBERS; i++) {
    const member = {
      id: uuid(1, i) as MemberId,
      handle: `member${i}`,
      name: `Member ${i}`,
      role: 'member',
      isActive: true,
      joinedAt: now,
    } as const;
    cache.teams.putMember(key, member);
  }
  for (let i = 0; i < channels; i++) {
    const id = uuid(2, i) as ChannelId;
    const facts = {
      id,
      kind: 'private',
      name: `channel-${i}`,
      topic: '',
      isArchived: false,
      createdAt: now,
      createdBy: me,
      seq: 1,
    } as const;
    const channel = cache.channels.put(key, facts, true);
    keys.push(channel);
    cache.channels.putMark(key, channel, { readSeq: each + 1, level: 'mentions' });
    cache.log.putInterval(key, channel, { from: 1, to: each + 1 });
    // `mask`: the mentions that count by default are all of them.
    cache.channels.putSummary(key, channel, {
      head: each + 1,
      readSeq: each + 1,
      mask: 7,
      unread: 0,
      mentions: 0,
      lastAt: now,
    });
  }
});

const body = bodiesOf(200);
for (let from = 0; from < each * channels; from += AT_ONCE) {
  cache.db.transaction('bench.messages', () => {
    for (let n = from; n < Math.min(each * channels, from + AT_ONCE); n++) {
      const message = {
        // The channels take turns, as they do in life: neighbours in a channel are not neighbours on the disk.
        seq: 2 + Math.floor(n / channels),
        id: uuid(3, n),
        author: uuid(1, n % MEMBERS),
        at: now - (each * channels - n) * 1_000,
        text: body(n),
        editSeq: 0,
        editedAt: null,
        isDeleted: false,
        calls: 0,
      };
      cache.messages.put(key, keys[n % channels] ?? 0, message);
    }
  });
}
data.close();
