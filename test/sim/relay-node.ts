/**
 * A relay as one computer of a simulated world: the real store, authentication and core on its own clock, with a door on the simulated
 * network. It can be killed at any of its points (what SQLite had committed is what the next start finds), stopped in good order, put to
 * sleep, and find its disk full.
 */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import {
  HTTP,
  inviteRequest,
  joinRequest,
  refreshRequest,
  setupRequest,
  signInRequest,
  signOutRequest,
} from '../../protocol/http.ts';
import { refuse } from '../../protocol/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import { PROTOCOL_VERSIONS } from '../../protocol/version.ts';
import type { HttpAnswer } from '../../electron/core/ports.ts';
import { createLocalBudgets } from '../../server/adapters/budgets-local.ts';
import { createLocalFanOut } from '../../server/adapters/fan-out-local.ts';
import { createLocalPresence } from '../../server/adapters/presence-local.ts';
import { openSqliteStore } from '../../server/adapters/store-sqlite/store.ts';
import { createAuth, type Auth } from '../../server/auth/auth.ts';
import { COST_FLOOR } from '../../server/auth/passwords.ts';
import { loadPositionKey } from '../../server/auth/position-key.ts';
import { loadTokenKeys } from '../../server/auth/token-keys.ts';
import { createRelayCore, type RelayCore } from '../../server/gateway/core.ts';
import { faultAnswer, refusalAnswer } from '../../server/http/answers.ts';
import { createPlausibleClock, type PlausibleClock } from '../../server/plausible-clock.ts';
import type { Clock } from '../../server/ports/clock.ts';
import type { FanOut } from '../../server/ports/fan-out.ts';
import type { Log, LogFields } from '../../server/ports/log.ts';
import { StoreUnavailable, type Store, type WriteTx } from '../../server/ports/store.ts';
import type { FakeClock } from '../kit/fake-clock.ts';
import type { MemoryNet, RelayDoor } from '../kit/memory-net.ts';
import { createNodeClock, type NodeClock } from '../kit/node-clock.ts';
import { createSeededRandom } from '../kit/seeded-random.ts';
import type { Turns } from '../kit/turns.ts';
import { createFuse, type Fuse } from './fuse.ts';

export const ADDRESS = 'relay.test:7420';
export const FINGERPRINT = 'ab'.repeat(32);
export const STORE = 'team.sqlite';
export const KEYS = 'token-keys.json';
const POSITION_KEY = 'position-key.json';

/** `write`: a transaction is written and not yet committed. `commit`: committed, nobody told yet. `send`: about to say something. */
export type RelayPoint = 'write' | 'commit' | 'send';

/** Ways to wrap the relay's parts, so that a fault can be planted. The identity for an honest run. */
export interface RelayWraps {
  readonly store?: (store: Store, relay: { readonly isDying: () => boolean }) => Store;
  readonly fanOut?: (fanOut: FanOut, store: Store) => FanOut;
  /** @param machine  the clock that the relay would go by if it checked nothing */
  readonly clock?: (clock: PlausibleClock, machine: Clock) => PlausibleClock;
}

export interface RelayNodeParts {
  readonly world: FakeClock;
  readonly turns: Turns;
  readonly net: MemoryNet;
  readonly seed: string;
  /** Where each start of the relay gets a folder of its own. */
  readonly folder: string;
  readonly limits?: Partial<Limits>;
  readonly wraps?: RelayWraps;
  /** Something was logged as an error: a bug. */
  readonly onError: (words: string) => void;
  /** Without that no position can be wrong. */
  readonly hasGoneBack: () => boolean;
  /** The relay has ended, and what it had committed since some time before is gone. */
  readonly onWentBack?: () => void;
  readonly note?: (words: string) => void;
}

export interface RelayNode {
  readonly isUp: boolean;
  readonly isAsleep: boolean;
  readonly fuse: Fuse<RelayPoint>;
  /** The file of the store that is, or was last, open. */
  readonly storePath: string;
  readonly auth: Auth;
  start(): void;
  /** @param isSilent  the machine went dark: nobody's system is told that the lines are gone */
  kill(isSilent: boolean): void;
  /** In good order: asks everybody to leave, waits for them, closes the store. */
  stop(): Promise<void>;
  sleep(): void;
  wake(): void;
  setSkew(ms: number): void;
  setDiskFull(isFull: boolean): void;
  /** A copy of the store as it stands, taken while others write. */
  backUp(): Promise<void>;
  /** Dies, and starts next time from the last backup; false when there is none. */
  goBack(): boolean;
  /** Copies the files as they are, keys and all, without the relay's knowledge: a snapshot of its disk. */
  copyByHand(): void;
  /**
   * Puts the last copy by hand in the place of the files; false when there is none. A relay that runs goes on with the files that it
   * has open, and its next start finds the copy.
   */
  putCopyBack(): boolean;
  /** From now on the disk keeps nothing of what it says is safe, until the relay is killed: then this is gone. */
  stopKeeping(): void;
  /** Neither of the two will happen at the next end. */
  keepFiles(): void;
  /** Lets go of every file, also of those that killed processes left open. */
  dispose(): Promise<void>;
}

const DRAIN_MS = 11_000;

interface Running {
  readonly clock: NodeClock;
  readonly store: Store;
  readonly auth: Auth;
  readonly core: RelayCore;
  readonly leaveNet: (isSilent: boolean) => void;
  isDead: boolean;
}

export function createRelayNode(parts: RelayNodeParts): RelayNode {
  const { world, turns, net, seed, folder, onError } = parts;
  const limits: Limits = { ...DEFAULT_LIMITS, ...parts.limits };
  const stores: Store[] = [];
  let starts = 0;
  let home = folder;
  let skewMs = 0;
  let isDiskFull = false;
  let backups = 0;
  let restores = 0;
  let copies = 0;
  let replacements = 0;
  /** What the next start finds instead of the files as they are. */
  let instead: { readonly folder: string; readonly isPowerCut: boolean } | undefined;
  let running: Running | undefined;
  const fuse = createFuse<RelayPoint>(() => kill(false));

  const start = (): void => {
    if (running) return;
    starts++;
    parts.note?.('relay starts');
    const machine = createNodeClock({ world, skewMs });
    const random = createSeededRandom(`${seed}/relay/${starts}`);
    const now = { isDead: false };
    const soon = (run: () => void): void =>
      turns.soon(() => {
        if (!now.isDead) run();
      });
    const log = errorsOf((words) => {
      if (!now.isDead) onError(`relay: ${words}`);
    }, parts.hasGoneBack);
    const checked = createPlausibleClock({ clock: machine, log, limits });
    const clock = parts.wraps?.clock?.(checked, machine) ?? checked;
    const real = openSqliteStore({
      path: join(home, STORE),
      clock,
      random,
      isTemporary: true,
      soon,
    });
    stores.push(real);
    startFromNewest(checked, join(home, STORE));
    const faulty = withFaults(real, fuse, () => isDiskFull);
    const store = parts.wraps?.store?.(faulty, { isDying: () => fuse.isLit }) ?? faulty;
    // Before the core listens: a kill at this point comes before anybody is told.
    real.onCommitted(() => fuse.pass('commit'));
    const identity = { addresses: () => [ADDRESS], fingerprint: FINGERPRINT };
    const keys = loadTokenKeys(join(home, KEYS), random);
    const positionKey = loadPositionKey(join(home, POSITION_KEY), random);
    const budgets = createLocalBudgets({ clock });
    const auth = createAuth({
      store,
      clock,
      random,
      log,
      limits,
      budgets,
      keys,
      identity,
      isClockPlausible: clock.isPlausible,
      passwordCost: COST_FLOOR,
    });
    const local = createLocalFanOut({ log });
    const fanOut = parts.wraps?.fanOut?.(local, store) ?? local;
    const presence = createLocalPresence();
    // Of one process with many relays in it nobody could say what is whose.
    const core = createRelayCore({
      store,
      fanOut,
      presence,
      auth: auth.gateway,
      positionKey,
      clock,
      random,
      limits,
      log,
      soon,
      onMemberClock: clock.compare,
      cpuMs: () => 0,
    });
    const door = doorOf({
      clock: machine,
      store,
      auth,
      core,
      turns,
      fuse,
      isDead: () => now.isDead,
      onError,
    });
    running = Object.assign(now, {
      clock: machine,
      store,
      auth,
      core,
      leaveNet: net.listen(ADDRESS, door),
    });
  };

  const kill = (isSilent: boolean): void => {
    const dying = running;
    if (!dying) return;
    running = undefined;
    parts.note?.('relay is killed');
    fuse.putOut();
    dying.isDead = true;
    dying.clock.kill();
    // What is still on its way from a relay whose files are older would be told after they are.
    dying.leaveNet(isSilent && !instead);
    home = imageOf(home, join(folder, `after-kill-${starts}`));
    goBackUnnoticed();
  };

  const goBackUnnoticed = (): void => {
    if (!instead) return;
    home = imageOf(instead.folder, join(folder, `instead-${++replacements}`));
    instead = undefined;
    parts.note?.('the files are older ones');
    parts.onWentBack?.();
  };

  const stop = async (): Promise<void> => {
    const leaving = running;
    if (!leaving) return;
    await leaving.core.drain(DRAIN_MS);
    // Killed while it waited.
    if (running !== leaving) return;
    running = undefined;
    fuse.putOut();
    leaving.core.dispose();
    leaving.leaveNet(false);
    leaving.auth.dispose();
    await leaving.store.close();
    leaving.isDead = true;
    leaving.clock.kill();
    // A disk that is switched off in good order has kept everything.
    if (instead?.isPowerCut === true) instead = undefined;
    goBackUnnoticed();
  };

  return {
    get isUp() {
      return running !== undefined;
    },
    get isAsleep() {
      return running?.clock.isAsleep ?? false;
    },
    fuse,
    get storePath() {
      return join(home, STORE);
    },
    get auth() {
      if (!running) throw new Error('the relay is not running');
      return running.auth;
    },
    start,
    kill,
    stop,
    sleep: () => running?.clock.sleep(),
    wake: () => {
      running?.clock.wake();
      net.wakeRelay(ADDRESS);
    },
    setSkew: (ms) => {
      skewMs = ms;
      running?.clock.setSkew(ms);
    },
    setDiskFull: (isFull) => {
      isDiskFull = isFull;
    },
    backUp: async () => {
      if (!running) return;
      const path = join(folder, `backup-${backups + 1}`);
      await turns.track(running.store.backup(path));
      backups++;
    },
    goBack: () => {
      if (backups === 0) return false;
      kill(false);
      const to = join(folder, `after-restore-${++restores}`);
      mkdirSync(to, { mode: 0o700 });
      copyFileSync(join(folder, `backup-${backups}`), join(to, STORE));
      for (const key of [KEYS, POSITION_KEY]) copyFileSync(join(home, key), join(to, key));
      home = to;
      return true;
    },
    copyByHand: () => void imageOf(home, join(folder, `copy-${++copies}`)),
    putCopyBack: () => {
      if (copies === 0) return false;
      instead = { folder: join(folder, `copy-${copies}`), isPowerCut: false };
      if (!running) goBackUnnoticed();
      return true;
    },
    stopKeeping: () => {
      if (!running || instead) return;
      instead = { folder: imageOf(home, join(folder, `kept-${++replacements}`)), isPowerCut: true };
    },
    keepFiles: () => {
      instead = undefined;
    },
    dispose: async () => {
      instead = undefined;
      kill(true);
      for (const store of stores) await store.close();
    },
  };
}

/** Starting a simulated relay is not asynchronous, so the time is read from the file. */
function startFromNewest(clock: PlausibleClock, path: string): void {
  const db = new Database(path, { readonly: true });
  clock.startFrom(db.prepare('SELECT coalesce(max(at), 0) FROM feed').pluck().get() as number);
  db.close();
}

/** What is on the disk at this instant, in a folder of its own: the killed process still has the old files open. */
function imageOf(from: string, to: string): string {
  mkdirSync(to, { mode: 0o700 });
  for (const name of [STORE, `${STORE}-wal`, KEYS, POSITION_KEY])
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
  return to;
}

function withFaults(real: Store, fuse: Fuse<RelayPoint>, isDiskFull: () => boolean): Store {
  return overriding(real, {
    write: <T>(work: (tx: WriteTx) => Promise<T>): Promise<T> =>
      real.write(async (tx) => {
        const value = await work(tx);
        // Where SQLite finds it out as well: when the pages are to be written.
        if (isDiskFull()) throw new StoreUnavailable('the store cannot answer (SQLITE_FULL)');
        fuse.pass('write');
        return value;
      }),
  });
}

/** The part with some of its members replaced. A subclass will not do: private fields belong to the object itself. */
export function overriding<T extends object>(part: T, instead: Partial<T>): T {
  return new Proxy(part, {
    get(target, key) {
      if (Object.hasOwn(instead, key)) return instead[key as keyof T];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function'
        ? (value as (...args: unknown[]) => unknown).bind(target)
        : value;
    },
  });
}

interface DoorParts {
  readonly clock: NodeClock;
  readonly store: Store;
  readonly auth: Auth;
  readonly core: RelayCore;
  readonly turns: Turns;
  readonly fuse: Fuse<RelayPoint>;
  readonly isDead: () => boolean;
  readonly onError: (words: string) => void;
}

function doorOf({ clock, store, auth, core, turns, fuse, isDead, onError }: DoorParts): RelayDoor {
  const from = { address: '10.0.0.9' };
  const { accounts, sessions } = auth;
  const routes: Readonly<
    Record<string, (body: unknown) => Promise<Result<unknown, ReturnType<typeof refuse>>>>
  > = {
    [HTTP.setup]: (body) => accounts.setup(setupRequest.parse(body), from),
    [HTTP.invite]: (body) => accounts.lookAtInvite(inviteRequest.parse(body).code, from),
    [HTTP.join]: (body) => accounts.join(joinRequest.parse(body), from),
    [HTTP.signIn]: (body) => accounts.signIn(signInRequest.parse(body), from),
    [HTTP.refresh]: async (body) => {
      const refreshed = await sessions.refresh(refreshRequest.parse(body).refresh);
      if (!refreshed.ok) return refreshed;
      const { member, session, tokens } = refreshed.value;
      return ok({ member, session, tokens });
    },
    [HTTP.signOut]: async (body) =>
      (await sessions.endByRefresh(signOutRequest.parse(body).refresh))
        ? ok({})
        : fail(refuse('wrong-credentials')),
    [HTTP.relay]: async () => {
      const team = await store.team();
      return ok({
        product: 'landline',
        versions: PROTOCOL_VERSIONS,
        team: team ? { id: team.id, name: team.name } : null,
      });
    },
  };
  const answer = async (path: string, body: unknown): Promise<HttpAnswer> => {
    const route = routes[path];
    if (!route) return { status: 404, body: { refusal: refuse('not-found') } };
    try {
      const result = await route(body);
      if (result.ok) return { status: 200, body: result.value };
      const refused = refusalAnswer(result.error);
      return { status: refused.status, body: refused.body };
    } catch (error) {
      const fault = faultAnswer(error);
      if (fault.isBug && !isDead()) onError(`relay: ${path} failed: ${String(error)}`);
      return { status: fault.answer.status, body: fault.answer.body };
    }
  };
  return {
    clock,
    fingerprint: FINGERPRINT,
    async upgrade(token) {
      try {
        const who = await auth.gateway.verifyUpgrade({
          headers: { authorization: `Bearer ${token}` },
        });
        if (!who.ok) return fail({ status: who.error.status, retryAfterMs: null });
        return ok({
          connect: (wire) =>
            core.connect(who.value, {
              ...wire,
              send: (text) => {
                fuse.pass('send');
                if (!isDead()) wire.send(text);
              },
              close: (code) => {
                if (!isDead()) wire.close(code);
              },
              ping: () => {
                if (!isDead()) wire.ping?.();
              },
            }),
        });
      } catch (error) {
        if (!(error instanceof StoreUnavailable) && !isDead())
          onError(`relay: upgrade failed: ${String(error)}`);
        return fail({ status: 503, retryAfterMs: 2_000 });
      }
    },
    // Passwords are hashed in the thread pool.
    request: ({ path, body }) => turns.track(answer(path, body)),
  };
}

function errorsOf(onError: (words: string) => void, hasGoneBack: () => boolean): Log {
  const nothing = (): void => undefined;
  return {
    debug: nothing,
    info: nothing,
    warn: (event, fields) => {
      const isAlarm = event === 'store-went-back' || event === 'position-unknown';
      if (isAlarm && !hasGoneBack()) onError(`${event} ${JSON.stringify(fields ?? {})}`);
    },
    error: (event: string, fields?: LogFields, cause?: unknown) =>
      onError(
        `${event} ${JSON.stringify(fields ?? {})} ${cause instanceof Error ? (cause.stack ?? cause.message) : ''}`,
      ),
  };
}
