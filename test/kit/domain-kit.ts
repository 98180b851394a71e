/** Use cases on a real store: say what a member asks, get what the relay answers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '../../protocol/entities.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type { Mutation } from '../../protocol/frames-up.ts';
import type { ChannelId, FeedId, MemberId, SessionId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import type { Result } from '../../protocol/result.ts';
import { openSqliteStore } from '../../server/adapters/store-sqlite/store.ts';
import { createMember, createTeamWithOwner, generalChannel } from '../../server/domain/members.ts';
import { mutate, type Acknowledged } from '../../server/domain/mutate.ts';
import type { SessionRow, Store } from '../../server/ports/store.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createSeededRandom } from './seeded-random.ts';

export type Ask = Mutation extends infer M
  ? M extends Mutation
    ? Omit<M, 'op'> & { readonly op?: M['op'] }
    : never
  : never;

export interface DomainKit {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly owner: MemberId;
  readonly general: ChannelId;
  id<T extends string>(): T;
  member(handle: string, role?: Role): Promise<MemberId>;
  /** Asks with a fresh operation id unless the frame brings one. */
  ask(by: MemberId, frame: Ask): Promise<Result<Acknowledged, Refusal>>;
  /** Asks, and fails the test when it is refused. */
  must(by: MemberId, frame: Ask): Promise<Acknowledged>;
  /** What refuses it; fails the test when nothing does. */
  refusal(by: MemberId, frame: Ask): Promise<string>;
  /** A channel made by `by` with these others in it. */
  channel(
    kind: 'public' | 'private',
    by: MemberId,
    others?: readonly MemberId[],
  ): Promise<ChannelId>;
  events(feed: FeedId): Promise<Readonly<Record<string, unknown>>[]>;
  session(member: MemberId): Promise<SessionRow>;
  dispose(): Promise<void>;
}

export async function createDomainKit(change: Partial<Limits> = {}): Promise<DomainKit> {
  const folder = mkdtempSync(join(tmpdir(), 'landline-domain-'));
  const clock = createFakeClock();
  const store = openSqliteStore({
    path: join(folder, 'team.sqlite'),
    clock,
    random: createSeededRandom('domain'),
    isTemporary: true,
  });
  const limits = { ...DEFAULT_LIMITS, ...change };
  let count = 0;
  const id = <T extends string>(): T =>
    `01980000-0000-7000-8000-${(++count).toString(16).padStart(12, '0')}` as T;
  const owner = id<MemberId>();
  await store.write((tx) =>
    createTeamWithOwner(tx, {
      team: { id: store.teamId, name: 'Night shift' },
      owner: { id: owner, handle: 'owner', name: 'Owner' },
      channelName: 'general',
      now: clock.now(),
    }),
  );
  const kit: DomainKit = {
    store,
    clock,
    owner,
    general: generalChannel(store.teamId),
    id,
    async member(handle, role = 'member') {
      const member = id<MemberId>();
      const made = await store.write((tx) =>
        createMember(tx, { id: member, handle, name: handle, role }, clock.now()),
      );
      if (!made.ok) throw new Error(made.error.kind);
      return member;
    },
    ask: (by, frame) => mutate({ store, clock, limits }, by, { op: id(), ...frame } as Mutation),
    async must(by, frame) {
      const result = await kit.ask(by, frame);
      if (!result.ok)
        throw new Error(`${frame.t} was refused: ${result.error.kind} ${result.error.field ?? ''}`);
      return result.value;
    },
    async refusal(by, frame) {
      const result = await kit.ask(by, frame);
      if (result.ok) throw new Error(`${frame.t} was not refused`);
      return result.error.field === undefined
        ? result.error.kind
        : `${result.error.kind} ${result.error.field}`;
    },
    async channel(kind, by, others = []) {
      const channel = id<ChannelId>();
      await kit.must(by, {
        t: 'create-channel',
        id: channel,
        kind,
        name: `channel ${count}`,
        topic: '',
        members: [...others],
      });
      return channel;
    },
    async events(feed) {
      const page = await store.page(feed, { from: 1, to: 1e6 }, { events: 1e6, bytes: 1e9 });
      return page.events.map(
        (event) => JSON.parse(event.json) as Readonly<Record<string, unknown>>,
      );
    },
    async session(member) {
      const session: SessionRow = {
        id: id<SessionId>(),
        member,
        device: 'desk',
        createdAt: clock.now(),
        lastSeenAt: clock.now(),
        endedAt: null,
        refreshHash: id(),
        rotation: 0,
        refreshExpiresAt: clock.now() + 1e9,
      };
      await store.write((tx) => tx.putSession(session));
      return session;
    },
    async dispose() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
  return kit;
}
