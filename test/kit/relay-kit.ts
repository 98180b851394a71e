/**
 * A relay's core on a real store, without sockets: members connect over two functions and see the frames as a desktop would decode
 * them. The clock stands still until the test moves it; `settle` lets everything happen that needs no time.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeDown, encodeUp } from '../../protocol/codec.ts';
import type { Role } from '../../protocol/entities.ts';
import type { Down, DownFrame, DownFrameName } from '../../protocol/frames-down.ts';
import type { Hello, UpFrame } from '../../protocol/frames-up.ts';
import type { Position } from '../../protocol/feeds.ts';
import type { ChannelId, FeedId, MemberId, MessageId, SessionId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { fail, ok } from '../../protocol/result.ts';
import { createLocalFanOut } from '../../server/adapters/fan-out-local.ts';
import { createLocalPresence } from '../../server/adapters/presence-local.ts';
import { openSqliteStore } from '../../server/adapters/store-sqlite/store.ts';
import { createMember, createTeamWithOwner, generalChannel } from '../../server/domain/members.ts';
import type { GatewayAuth, Principal } from '../../server/gateway/auth-port.ts';
import { createRelayCore, type ClientSide, type RelayCore } from '../../server/gateway/core.ts';
import type { FanOut } from '../../server/ports/fan-out.ts';
import type { Log, LogFields } from '../../server/ports/log.ts';
import type { Store, WriteTx } from '../../server/ports/store.ts';
import { refuse } from '../../protocol/errors.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createSeededRandom } from './seeded-random.ts';

/** A client of the relay that keeps every frame it was told. */
export interface TestClient {
  readonly session: SessionId;
  readonly side: ClientSide;
  readonly frames: DownFrame[];
  /** The raw texts behind `frames`. */
  readonly texts: string[];
  /** Frames of one kind, in order. */
  all<Name extends DownFrameName>(name: Name): Down<Name>[];
  say(frame: UpFrame): void;
  sayRaw(text: string): void;
  hello(more?: Partial<Hello>): void;
  /** Takes the frames so far away. */
  clear(): void;
  /** The code of the close, once it was closed. */
  readonly closedWith: number | undefined;
  /** Bytes that the network pretends not to have taken. */
  queuedBytes: number;
  readonly pings: number;
}

export interface Person {
  readonly id: MemberId;
  readonly handle: string;
}

export interface RelayKit {
  readonly core: RelayCore;
  readonly store: Store;
  readonly fanOut: FanOut;
  readonly clock: FakeClock;
  readonly auth: FakeAuth;
  readonly general: ChannelId;
  readonly owner: Person;
  readonly lines: { readonly event: string; readonly fields: LogFields | undefined }[];
  /** A new id of version 7, later than all before. */
  id<T extends string>(): T;
  person(handle: string, role?: Role): Promise<Person>;
  connect(who: Person): Promise<TestClient>;
  /** Connected, welcomed, caught up, and its frames so far taken away. */
  live(who: Person, more?: Partial<Hello>): Promise<TestClient>;
  write<T>(work: (tx: WriteTx) => Promise<T>): Promise<T>;
  settle(turns?: number): Promise<void>;
  /** Copies the store's files as they are, behind its back. @returns the folder of the copy */
  copyByHand(): string;
  dispose(): Promise<void>;
}

export interface FakeAuth extends GatewayAuth {
  /** Ends the session the way the real one does, and tells. */
  end(session: SessionId): void;
  readonly principals: Map<string, Principal>;
}

/** The same for all relays of a test, as for those of a team. */
export const POSITION_KEY: KeyObject = createSecretKey(Buffer.alloc(32, 'position'));

/** What the kit's relay says of its process. */
export const CPU_MS = 1_234;

export interface RelayKitOptions {
  readonly limits?: Partial<Limits>;
  readonly wrapFanOut?: (fanOut: FanOut) => FanOut;
  readonly wrapStore?: (store: Store) => Store;
  readonly seed?: string;
  /** A folder that `copyByHand` made: the team is there already. */
  readonly from?: string;
  readonly startAt?: number;
  readonly positionKey?: KeyObject;
}

export async function createRelayKit(options: RelayKitOptions = {}): Promise<RelayKit> {
  const folder = mkdtempSync(join(tmpdir(), 'landline-relay-'));
  if (options.from !== undefined) cpSync(options.from, folder, { recursive: true });
  const clock = createFakeClock(options.startAt);
  const random = createSeededRandom(options.seed ?? 'relay');
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const lines: RelayKit['lines'] = [];
  const log = keepingLog(lines);
  const real = openSqliteStore({
    path: join(folder, 'team.sqlite'),
    clock,
    random,
    isTemporary: true,
  });
  const store = options.wrapStore?.(real) ?? real;
  const local = createLocalFanOut({ log });
  const fanOut = options.wrapFanOut?.(local) ?? local;
  const auth = createFakeAuth();
  const core = createRelayCore({
    store,
    fanOut,
    presence: createLocalPresence(),
    auth,
    positionKey: options.positionKey ?? POSITION_KEY,
    clock,
    random,
    limits,
    log,
    node: 'test',
    cpuMs: () => CPU_MS,
  });

  let count = 0;
  const id = <T extends string>(): T => {
    const tail = (++count).toString(16).padStart(12, '0');
    return `01980000-0000-7000-8000-${tail}` as T;
  };
  const owner = { id: id<MemberId>(), handle: 'ada' };
  const copies: string[] = [];
  // What was made since the copy had these ids.
  if (options.from !== undefined) count = 1_000;
  else
    await store.write((tx) =>
      createTeamWithOwner(tx, {
        team: { id: store.teamId, name: 'Night shift' },
        owner: { ...owner, name: 'Ada' },
        channelName: 'general',
        now: clock.now(),
      }),
    );

  const kit: RelayKit = {
    core,
    store,
    fanOut,
    clock,
    auth,
    lines,
    owner,
    general: generalChannel(store.teamId),
    id,
    async person(handle, role = 'member') {
      const who = { id: id<MemberId>(), handle };
      const made = await store.write((tx) =>
        createMember(tx, { ...who, name: handle, role }, clock.now()),
      );
      if (!made.ok) throw new Error(made.error.kind);
      return who;
    },
    async connect(who) {
      const session = id<SessionId>();
      await store.write((tx) =>
        tx.putSession({
          id: session,
          member: who.id,
          device: 'desk',
          createdAt: clock.now(),
          lastSeenAt: clock.now(),
          endedAt: null,
          refreshHash: session,
          rotation: 0,
          refreshExpiresAt: clock.now() + 1e9,
        }),
      );
      return connectClient(core, {
        member: who.id,
        session,
        accessExpiresAt: clock.now() + limits.accessTokenMs,
      });
    },
    async live(who, more) {
      const client = await kit.connect(who);
      client.hello(more);
      await kit.settle();
      client.clear();
      return client;
    },
    write: (work) => store.write(work),
    settle,
    copyByHand: () => {
      const copy = mkdtempSync(join(tmpdir(), 'landline-relay-copy-'));
      cpSync(folder, copy, { recursive: true });
      copies.push(copy);
      return copy;
    },
    async dispose() {
      core.dispose();
      await settle();
      await store.close();
      for (const one of [folder, ...copies]) rmSync(one, { recursive: true, force: true });
    },
  };
  return kit;
}

/** Lets the event loop turn until whatever was under way is done. */
export async function settle(turns = 12): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

export function connectClient(core: RelayCore, principal: Principal): TestClient {
  const frames: DownFrame[] = [];
  const texts: string[] = [];
  let closedWith: number | undefined;
  let pings = 0;
  const client: TestClient = {
    session: principal.session,
    frames,
    texts,
    queuedBytes: 0,
    side: core.connect(principal, {
      send(text) {
        if (closedWith !== undefined) throw new Error('the relay speaks on a closed wire');
        texts.push(text);
        const frame = decodeDown(text);
        if (!frame) throw new Error(`a desktop could not read this: ${text.slice(0, 200)}`);
        frames.push(frame);
      },
      close: (code) => (closedWith = code),
      queuedBytes: () => client.queuedBytes,
      ping: () => pings++,
    }),
    all: (name) =>
      frames.filter((frame): frame is Extract<DownFrame, { t: typeof name }> => frame.t === name),
    say: (frame) => client.side.receive(encodeUp(frame)),
    sayRaw: (text) => client.side.receive(text),
    hello: (more) =>
      client.say({
        t: 'hello',
        versions: { min: 1, max: 1 },
        epoch: null,
        positions: {},
        focus: null,
        presence: 'here',
        ...more,
      }),
    clear() {
      frames.length = 0;
      texts.length = 0;
    },
    get closedWith() {
      return closedWith;
    },
    get pings() {
      return pings;
    },
  };
  return client;
}

export const post = (op: MessageId, channel: ChannelId, text: string): UpFrame => ({
  t: 'post',
  op,
  channel,
  text,
});

/** The positions of a client that holds each feed up to this number. Of an event that is not there the time is made up. */
export async function heldIn(
  store: Pick<Store, 'marks'>,
  seqs: Readonly<Record<string, number>>,
): Promise<Record<FeedId, Position>> {
  const marks = await store.marks(new Map(Object.entries(seqs) as [FeedId, number][]));
  return Object.fromEntries(
    Object.entries(seqs).map(([feed, seq]) => [
      feed,
      { seq, at: marks.get(feed as FeedId)?.at ?? 0 },
    ]),
  );
}

/** What a client was told of a feed, live and in pages: sequence numbers in the order of arrival. */
export function seqsOf(client: TestClient, feed: FeedId): number[] {
  const seqs: number[] = [];
  for (const frame of client.frames) {
    if ((frame.t === 'events' || frame.t === 'page') && frame.feed === feed)
      seqs.push(...frame.events.map((event) => event.seq));
  }
  return seqs;
}

export function createFakeAuth(): FakeAuth {
  const listeners = new Set<(session: SessionId) => void>();
  const principals = new Map<string, Principal>();
  const none = async () => fail(refuse('not-allowed'));
  return {
    principals,
    sessionOf: ({ headers }) => principals.get(headers.authorization ?? '')?.session,
    async verifyUpgrade({ headers }) {
      const who = principals.get(headers.authorization ?? '');
      return who ? ok(who) : fail({ status: 401 });
    },
    async refresh(_who, token) {
      const who = principals.get(token);
      return who
        ? ok({ access: 'access', refresh: 'refresh', accessExpiresAt: who.accessExpiresAt })
        : fail(refuse('wrong-credentials'));
    },
    sessions: async () => [],
    endSession: none,
    createInvite: none,
    invites: none,
    endInvite: none,
    changePassword: none,
    onSessionEnded(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    end(session) {
      for (const listener of listeners) listener(session);
    },
  };
}

function keepingLog(lines: RelayKit['lines']): Log {
  const keep =
    (level: string) =>
    (event: string, fields?: LogFields, cause?: unknown): void => {
      lines.push({ event, fields });
      if (level === 'error')
        lines.push({
          event: String(cause instanceof Error ? cause.stack : cause),
          fields: undefined,
        });
    };
  return { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}
