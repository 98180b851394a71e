/**
 * Fills a relay's store with a team, as if its people had joined over the months: through the domain's own functions and the
 * relay's own token code, only without the passwords and the waiting. Writes one pass per member: a good token, and the positions of a desktop that
 * was here before.
 */
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Channel } from '../../protocol/entities.ts';
import type { Position } from '../../protocol/feeds.ts';
import {
  channelFeed,
  memberFeed,
  TEAM_FEED,
  type ChannelId,
  type FeedId,
  type MemberId,
  type MessageId,
} from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { openPostgresStore } from '../../server/adapters/store-postgres/store.ts';
import { openSqliteStore } from '../../server/adapters/store-sqlite/store.ts';
import {
  systemClock as clock,
  systemRandom as random,
} from '../../server/adapters/system-clock.ts';
import { createAccessTokens } from '../../server/auth/access-tokens.ts';
import { newId } from '../../server/auth/new-id.ts';
import { loadPositionKey } from '../../server/auth/position-key.ts';
import { createRefreshTokens } from '../../server/auth/refresh-tokens.ts';
import { createSessions } from '../../server/auth/sessions.ts';
import { loadTokenKeys } from '../../server/auth/token-keys.ts';
import { positionKeyFile } from '../../server/config.ts';
import { found } from '../../server/domain/channels.ts';
import { createMember, createTeamWithOwner, generalChannel } from '../../server/domain/members.ts';
import { createPositionProofs } from '../../server/gateway/position-proofs.ts';
import { silentLog as log } from '../../server/observe/log.ts';
import type { SessionRow, Store, WriteTx } from '../../server/ports/store.ts';
import { bodiesOf } from '../kit/bodies.ts';
import type { Pass } from '../kit/passes.ts';
import type { Seeding } from '../kit/seeding.ts';

const AT_ONCE = 500;
const MESSAGES_AT_ONCE = 10_000;

const seeding = JSON.parse(process.argv[2] ?? '{}') as Seeding;
const { keysPath, passesPath, channels, membersPerChannel, storedMessages } = seeding;
const store = await open(seeding.store);
const keys = loadTokenKeys(keysPath, random);
const access = createAccessTokens({
  keys,
  team: store.teamId,
  clock,
  random,
  limits: DEFAULT_LIMITS,
});
const refreshTokens = createRefreshTokens(keys, random);
const sessions = createSessions({
  store,
  clock,
  random,
  log,
  access,
  refreshTokens,
  isClockPlausible: () => true,
  limits: DEFAULT_LIMITS,
});

async function open(where: Seeding['store']): Promise<Store> {
  if (where.kind === 'sqlite') return openSqliteStore({ path: where.path, clock, random });
  return openPostgresStore({ servers: [where.address], clock, random, log });
}

/** Some hundred at a time in one transaction. */
async function inParts<T, R>(
  items: readonly T[],
  work: (tx: WriteTx, item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const part = items.slice(from, from + AT_ONCE);
    const done = await store.write(async (tx) => {
      const some: R[] = [];
      for (const [i, item] of part.entries()) some.push(await work(tx, item, from + i));
      return some;
    });
    results.push(...done);
  }
  return results;
}

const ids = Array.from({ length: channels * membersPerChannel }, () => newId<MemberId>(random));
const owner = { id: newId<MemberId>(random), handle: 'owner', name: 'Owner' };
const now = clock.now();
await store.write((tx) =>
  createTeamWithOwner(tx, {
    team: { id: store.teamId, name: 'Bench' },
    owner,
    channelName: 'general',
    now,
  }),
);
await inParts(ids, (tx, id, i) =>
  createMember(tx, { id, handle: `member${i}`, name: `Member ${i}`, role: 'member' }, now),
);

const channelIds = Array.from({ length: channels }, () => newId<ChannelId>(random));
for (const [i, id] of channelIds.entries()) {
  // The load's rule: member m sits in channel m modulo the number of channels.
  const members = ids.filter((_, member) => member % channels === i);
  const by = members[0] ?? owner.id;
  const channel: Channel = {
    id,
    kind: 'private',
    name: `channel-${i}`,
    topic: '',
    isArchived: false,
    createdAt: now,
    createdBy: by,
    seq: 1,
  };
  await store.write((tx) => found({ tx, by }, channel, members, { op: null }));
}

const body = bodiesOf(200);
for (let from = 0; from < storedMessages; from += MESSAGES_AT_ONCE) {
  await store.write(async (tx) => {
    for (let n = from; n < Math.min(storedMessages, from + MESSAGES_AT_ONCE); n++) {
      const [by, channel] = [ids[n % ids.length], channelIds[n % channels]];
      if (by === undefined || channel === undefined) continue;
      // Older than anything that the load will send, and sorted, as version 7 is.
      const op = `01800000-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as MessageId;
      await tx.append(channelFeed(channel), {
        by,
        kind: 'posted',
        op,
        body: { id: op, text: body(n) },
      });
    }
  });
}

const rows: SessionRow[] = await inParts(
  ids,
  async (tx, id) => (await sessions.start(tx, id, 'Bench')).row,
);
const general = channelFeed(generalChannel(store.teamId));
const proofs = createPositionProofs(
  loadPositionKey(positionKeyFile(dirname(keysPath)), random),
  () => store.epoch,
);
/** As a desktop has them that was connected for a while after the last event came. */
const positionsIn = async (...feeds: readonly FeedId[]): Promise<Record<string, Position>> => {
  const heads = await store.heads(feeds);
  const positions: Record<string, Position> = {};
  for (const [feed, mark] of await store.marks(heads)) {
    const seq = heads.get(feed) ?? 0;
    positions[feed] = { seq, at: mark.at, proven: { seq, proof: proofs.prove(feed, seq, mark) } };
  }
  return positions;
};
const shared = await positionsIn(TEAM_FEED, general);
const passes: Pass[] = [];
for (const [i, row] of rows.entries()) {
  const channel = channelIds[i % channels];
  if (channel === undefined) throw new Error('a member without a channel');
  const own = await positionsIn(memberFeed(row.member), channelFeed(channel));
  passes.push({
    access: (await access.issue(row.member, row.id)).access,
    epoch: store.epoch,
    channel,
    positions: { ...shared, ...own },
  });
}
writeFileSync(passesPath, JSON.stringify(passes));
sessions.dispose();
await store.close();
