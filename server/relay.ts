/**
 * The relay, wired. Reads top to bottom: keys and store from the data folder, authentication, the core, the HTTP doors, the door for
 * sockets, and at last the port. This is the one place that constructs adapters.
 */
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import type { Fingerprint } from '../protocol/invite-link.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import { assertNever } from '../protocol/result.ts';
import { createDiskBlobs } from './adapters/blobs-disk.ts';
import { createLocalBudgets } from './adapters/budgets-local.ts';
import { createLocalFanOut } from './adapters/fan-out-local.ts';
import { createLookingFanOut } from './adapters/fan-out-looking.ts';
import { createLocalPresence } from './adapters/presence-local.ts';
import { processCpuMs, systemClock, systemRandom } from './adapters/system-clock.ts';
import { createAuth, type Auth } from './auth/auth.ts';
import type { RelayIdentity } from './auth/gateway-auth.ts';
import { loadPositionKey } from './auth/position-key.ts';
import { hideName, loadTokenKeys, type TokenKeys } from './auth/token-keys.ts';
import { openBlobs, whereBlobsAre, type BlobsSettings } from './blobs-place.ts';
import { readPostgresServers, readRedisSettings } from './cluster.ts';
import {
  dataFiles,
  STORE_FILE,
  TERM_FILE,
  TOKEN_KEYS_FILE,
  positionKeyFile,
  tokenKeysFile,
  type MetricsAddress,
} from './config.ts';
import { background } from './gateway/background.ts';
import type { Lack } from './exposure.ts';
import { createRelayCore, type RelayCore } from './gateway/core.ts';
import { Turnstile } from './gateway/turnstile.ts';
import { UnauthenticatedConnections } from './gateway/unauthenticated.ts';
import { attachUpgrades, type Upgrades } from './gateway/upgrade.ts';
import { requestFault } from './http/guard.ts';
import { createHttpServer } from './http/http-server.ts';
import { createKnownHosts, type IsKnownHost } from './http/known-hosts.ts';
import { createRequestWait } from './http/request-gate.ts';
import { advertisedAddresses, certificateHosts } from './lan/addresses.ts';
import { certificateFingerprint, loadTls } from './lan/tls.ts';
import { NetworkRates } from './limits/network-rates.ts';
import { plainAddress } from './limits/networks.ts';
import { RateLimiter } from './limits/rate-limiter.ts';
import { silentLog } from './observe/log.ts';
import type { MetricsServer } from './observe/metrics-server.ts';
import type { MetricsParts } from './observe/metrics.ts';
import type { Blobs } from './ports/blobs.ts';
import type { Budgets } from './ports/budgets.ts';
import { createPlausibleClock } from './plausible-clock.ts';
import type { Clock, Random } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { FanOut } from './ports/fan-out.ts';
import type { PresenceBoard } from './ports/presence.ts';
import type { Store } from './ports/store.ts';
import { countOf, readRestored } from './restored.ts';
import { readS3Place } from './s3-place.ts';
import { checkTeamMark, writeTeamMark } from './team-mark.ts';

export interface RelaySettings {
  /** The folder that holds everything; made if there is none. */
  readonly data: string;
  /** The folder of the keys, where several relays share them; the data folder unless told. */
  readonly keys?: string;
  /** Path of the file with the address of the PostgreSQL that holds the team; SQLite in the data folder unless told. */
  readonly postgres?: string | null;
  /** Path of the file with the address of the Redis by which relays of one team hear each other. */
  readonly redis?: string | null;
  /** Path of a folder for blobs that every relay of the team reaches, or of the file that describes a storage server. */
  readonly blobs?: string | null;
  /** `::` is every address of the machine, `127.0.0.1` this machine only (the default). */
  readonly host?: string;
  /** 0 (the default) lets the system choose. */
  readonly port?: number;
  /** `own` (the default): the relay's own key. `off`: plain, for a proxy in front that speaks TLS. Or a key and certificate. */
  readonly tls?: 'own' | 'off' | { readonly key: string; readonly cert: string };
  /** Path of the certificate that a proxy in front shows to desktops: invites name its key instead of the relay's own. */
  readonly proxyCertificate?: string | null;
  readonly node?: string;
  /** Addresses for invites instead of those the machine knows. */
  readonly advertise?: readonly string[];
  /** Further names that requests may call the relay by, where no TLS proves the name. */
  readonly allowHost?: readonly string[];
  readonly trustedProxies?: readonly string[];
  /** Where figures are given to whoever asks; nowhere unless told. */
  readonly metrics?: MetricsAddress | null;
  readonly limits?: Partial<Limits>;
}

export interface RelayParts {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
}

export interface Relay {
  readonly port: number;
  readonly addresses: readonly string[];
  /** Of the key that desktops will meet; null when they go by a public certificate. */
  readonly fingerprint: Fingerprint | null;
  /** The code that sets the team up; null when there is a team. */
  readonly setupCode: string | null;
  readonly store: Store;
  /** Null on PostgreSQL where no place for blobs is named. */
  readonly blobs: Blobs | null;
  readonly auth: Auth;
  readonly core: RelayCore;
  readonly identity: RelayIdentity;
  /** Of the figures; null where they are given nowhere. */
  readonly metricsPort: number | null;
  /** Refuses what is new, asks every client to come back a little later, and waits for them to go. */
  drain(): Promise<void>;
  /** Ends everything; what was acknowledged is on the disk. After `drain` nobody is cut off in the middle. */
  close(): Promise<void>;
}

export { STORE_FILE, TOKEN_KEYS_FILE };
/** Draining spreads the clients over 10 s at most; with the closing of the store all is over within 15. */
const DRAIN_MS = 11_000;
/** What is over and forgotten is looked for at each start and once a day. */
const TIDY_EVERY_MS = 24 * 60 * 60_000;
/** In the data folder: where content waits on its way to a storage server. */
const SPOOL_FOLDER = 'blobs-on-their-way';

/** @throws StoreOpenFault, BlobsOpenFault, SecretFileError, or Node's own error when it cannot listen: words for the person who runs the relay */
export async function startRelay(settings: RelaySettings, parts: RelayParts = {}): Promise<Relay> {
  const { clock: machine = systemClock, random = systemRandom, log = silentLog } = parts;
  const { data, keys: keysFolder = data, postgres = null, node = 'relay' } = settings;
  const {
    host = '127.0.0.1',
    port = 0,
    tls = 'own',
    proxyCertificate = null,
    advertise = [],
    allowHost = [],
  } = settings;
  const limits: Limits = { ...DEFAULT_LIMITS, ...settings.limits };
  const trustedProxies = (settings.trustedProxies ?? []).map(plainAddress);
  const clock = createPlausibleClock({ clock: machine, log, limits });
  const reachable = {
    interfaces: networkInterfaces(),
    hostname: hostname(),
    host,
    advertised: advertise,
  };

  for (const folder of [data, keysFolder]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = await openTeamStore({ data, postgres }, { clock, random, log });
  let blobs: Blobs | null = null;
  try {
    clock.startFrom(await store.newestAt());
    blobs = await openBlobs({
      settings,
      store,
      random,
      create: (place) => createBlobs(place, { clock, random, limits }),
    });
    const keys = loadTokenKeys(tokenKeysFile(keysFolder), random);
    const positionKey = loadPositionKey(positionKeyFile(keysFolder), random);
    const own =
      tls === 'own'
        ? loadTls({ folder: keysFolder, hosts: certificateHosts(reachable), clock, random })
        : null;
    let listeningOn = port;
    const identity: RelayIdentity = {
      // Asked anew each time: machines change networks.
      addresses: () =>
        advertisedAddresses({ ...reachable, interfaces: networkInterfaces(), port: listeningOn }),
      fingerprint:
        proxyCertificate === null
          ? (own?.fingerprint ?? null)
          : certificateFingerprint(proxyCertificate),
    };

    const isKnownHost = createKnownHosts([
      ...advertise,
      ...advertisedAddresses({ ...reachable, port }),
      ...allowHost,
    ]);
    // A browser that was led to a TLS port by another name ends at the certificate.
    const isKnownToPlain = tls === 'off' ? isKnownHost : null;

    const { fanOut, presence, budgets } = await connectNodes(
      { ...settings, limits },
      { clock, random, log, store, keys },
    );
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
    });
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
      node,
      onMemberClock: clock.compare,
      cpuMs: processCpuMs,
    });

    const turnstile = new Turnstile({ clock, random, limits });
    const rates = new NetworkRates({ limiter: new RateLimiter({ clock }), limits });
    const proxies = new Set(trustedProxies);
    const connections = new UnauthenticatedConnections({
      limits,
      rates,
      trustedProxies: proxies,
      onFull: () => {
        core.counts.doorFull++;
        log.debug('door-full', { waiting: connections.size });
      },
    });
    const sessionOf = auth.gateway.sessionOf;
    const requestWait = createRequestWait({ rates, trustedProxies: proxies, sessionOf });
    let isDraining = false;
    const http = await createHttpServer({
      store,
      accounts: auth.accounts,
      sessions: auth.sessions,
      log,
      tls: tlsOptions(tls, own?.options ?? null),
      isKnownHost: isKnownToPlain,
      trustedProxies,
      limits,
      isDraining: () => isDraining,
      isDegraded: () => fanOut.state === 'degraded' || budgets.state === 'degraded',
      counting: {
        rate: {
          waitOf: requestWait,
          clock,
          onLimited: () => void core.counts.requestsLimited++,
        },
        onRequest: (socket, client) => connections.request(socket, client),
        onReceived: (socket) => connections.received(socket),
        onAnswered: (socket) => connections.answered(socket),
      },
      doors: {
        core,
        auth: auth.gateway,
        turnstile,
        clock,
        limits,
        onAdmitted: (socket) => connections.admit(socket),
      },
    });
    const upgrades: Upgrades = attachUpgrades({
      server: http.server,
      core,
      auth: auth.gateway,
      turnstile,
      limits,
      log,
      connections,
      requestWait,
      requestFault: (request) => requestFault(request, isKnownToPlain),
      isDraining: () => isDraining,
      onTaken: (socket) => http.release(socket),
    });

    const metrics = await openMetrics(
      settings.metrics ?? null,
      {
        core,
        waitingAtDoor: () => connections.size,
        isDraining: () => isDraining,
        checkStore: () => store.team(),
        fanOutState: () => fanOut.state,
        limitsState: () => budgets.state,
      },
      isKnownHost,
      log,
    );
    listeningOn = await listen(http.server, port, host);
    const setupCode = (await store.team()) ? null : (await auth.invites.createSetup()).code;
    if (setupCode !== null) markOnceFounded(store, dataFiles(data).team, log);
    const restored = readRestored(dataFiles(data).restored);
    if (restored) log.warn('restored-rights', { count: countOf(restored) });
    log.info('relay-started', {
      port: listeningOn,
      tls: own !== null,
      isSetUp: setupCode === null,
    });

    let cancelTidy = (): void => undefined;
    const tidy = (): void => {
      background(auth.sessions.tidy(), log, 'tidy');
      if (blobs) background(blobs.sweep(), log, 'blobs-sweep');
      cancelTidy = clock.after(TIDY_EVERY_MS, tidy);
    };
    tidy();

    const drain = async (): Promise<void> => {
      if (isDraining) return;
      isDraining = true;
      await core.drain(DRAIN_MS);
    };
    const stop = async (): Promise<void> => {
      isDraining = true;
      cancelTidy();
      core.dispose();
      upgrades.close();
      await http.close();
      await metrics?.close();
      auth.dispose();
      await fanOut.close();
      await presence.close();
      await budgets.close();
      blobs?.close();
      await store.close();
      log.info('relay-stopped', {});
    };
    let stopping: Promise<void> | undefined;
    return {
      port: listeningOn,
      addresses: identity.addresses(),
      fingerprint: identity.fingerprint,
      setupCode,
      store,
      blobs,
      auth,
      core,
      identity,
      metricsPort: metrics?.port ?? null,
      drain,
      close: () => (stopping ??= stop()),
    };
  } catch (error) {
    blobs?.close();
    await store.close();
    throw error;
  }
}

/** The place for blobs that the settings name, untouched: to be looked at before it is used. @throws BlobsOpenFault, SecretFileError */
export async function createBlobs(
  settings: BlobsSettings,
  parts: { readonly clock: Clock; readonly random: Random; readonly limits: Limits },
): Promise<Blobs | null> {
  const where = whereBlobsAre(settings);
  switch (where.kind) {
    case 'none':
      return null;
    case 'own':
    case 'folder':
      return createDiskBlobs({ ...parts, folder: where.folder });
    case 's3': {
      const place = readS3Place(where.file);
      const { createS3Blobs } = await import('./adapters/blobs-s3/blobs.ts');
      return createS3Blobs({ ...parts, place, spool: join(settings.data, SPOOL_FOLDER) });
    }
    default:
      return assertNever(where);
  }
}

/** Loaded only where somebody wants figures: most relays are looked at by nobody. */
async function openMetrics(
  at: MetricsAddress | null,
  parts: MetricsParts,
  isKnownHost: IsKnownHost,
  log: Log,
): Promise<MetricsServer | null> {
  if (at === null) return null;
  const { createMetrics } = await import('./observe/metrics.ts');
  const { serveMetrics } = await import('./observe/metrics-server.ts');
  return serveMetrics(at, createMetrics(parts), isKnownHost, log);
}

/**
 * Opens the team's store where the settings say it is. The driver of a database that nobody asked for is not loaded.
 * @throws StoreOpenFault, SecretFileError: words for the person who runs the relay
 */
export async function openTeamStore(
  { data, postgres = null }: Pick<RelaySettings, 'data' | 'postgres'>,
  { clock, random, log }: Required<RelayParts>,
): Promise<Store> {
  const onMigrated = ({ from, to }: { readonly from: number; readonly to: number }): void =>
    log.info('store-migrated', { from, to });
  if (postgres !== null) {
    const { openPostgresStore } = await import('./adapters/store-postgres/store.ts');
    const { createTermFile } = await import('./adapters/store-postgres/term-file.ts');
    const servers = readPostgresServers(postgres, (lacks) => warnOfBareWay(log, 'postgres', lacks));
    const store = await openPostgresStore({
      servers,
      terms: createTermFile(join(data, TERM_FILE)),
      clock,
      random,
      log,
      onMigrated,
    });
    return markedStore(store, dataFiles(data).team, `The database that ${postgres} names`);
  }
  const path = dataFiles(data).store;
  const mark = dataFiles(data).team;
  // Before the file is opened, because opening makes one.
  if (!existsSync(path)) checkTeamMark(mark, undefined, path, asideHint(data));
  const { openSqliteStore } = await import('./adapters/store-sqlite/store.ts');
  return markedStore(openSqliteStore({ path, clock, random, onMigrated }), mark, path);
}

/** Closes a store that is not the one of this folder. @throws StoreOpenFault */
async function markedStore(store: Store, mark: string, place: string): Promise<Store> {
  try {
    const team = (await store.team()) ? store.teamId : undefined;
    checkTeamMark(mark, team, place);
    if (team !== undefined) writeTeamMark(mark, team);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** What a killed restore left, for the operator who finds no store. */
function asideHint(data: string): string {
  const aside = readdirSync(data).filter((name) => /\.before-restore-[^-]+(-[^-]+)*Z$/.test(name));
  return aside.length === 0
    ? ''
    : `A restore was not finished; the store from before it is ${join(data, aside.sort().at(-1) ?? '')}. `;
}

/** The folder names its team from the moment of its founding. */
function markOnceFounded(store: Store, mark: string, log: Log): void {
  const stop = store.onCommitted(() =>
    background(
      store.team().then((team) => {
        if (!team) return;
        stop();
        writeTeamMark(mark, store.teamId);
      }),
      log,
      'team-mark',
    ),
  );
}

interface Nodes {
  readonly fanOut: FanOut;
  readonly presence: PresenceBoard;
  readonly budgets: Budgets;
}

/** How this relay and the others of its team hear each other, and count together. */
async function connectNodes(
  {
    postgres = null,
    redis = null,
    limits,
  }: Pick<RelaySettings, 'postgres' | 'redis'> & { readonly limits: Limits },
  {
    clock,
    random,
    log,
    store,
    keys,
  }: Required<RelayParts> & { readonly store: Store; readonly keys: TokenKeys },
): Promise<Nodes> {
  if (redis !== null) {
    const [{ createRedisFanOut }, { createRedisPresence }, { createRedisBudgets }] =
      await Promise.all([
        import('./adapters/fan-out-redis.ts'),
        import('./adapters/presence-redis.ts'),
        import('./adapters/budgets-redis.ts'),
      ]);
    const hide = (name: string): string => hideName(keys, name);
    const servers = readRedisSettings(redis, (lacks) => warnOfBareWay(log, 'redis', lacks));
    const parts = { redis: servers, team: store.teamId, hide, clock, random, log, limits };
    return {
      fanOut: createRedisFanOut(parts),
      presence: createRedisPresence(parts),
      budgets: createRedisBudgets(parts),
    };
  }
  const isAlone = postgres === null;
  const fanOut = isAlone
    ? createLocalFanOut({ log })
    : createLookingFanOut({ clock, log, everyMs: limits.doubtEveryMs });
  const budgets = createLocalBudgets({ clock, state: isAlone ? 'well' : 'degraded' });
  return { fanOut, presence: createLocalPresence(), budgets };
}

const warnOfBareWay = (log: Log, server: 'postgres' | 'redis', lacks: readonly Lack[]): void =>
  log.warn('server-unprotected', { server, lacks: lacks.join(', ') });

function tlsOptions(
  tls: NonNullable<RelaySettings['tls']>,
  own: TlsOptions | null,
): TlsOptions | null {
  if (tls === 'own') return own;
  return tls === 'off'
    ? null
    : { key: tls.key, cert: tls.cert, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] };
}

/** @returns the port it listens on */
async function listen(server: Server, port: number, host: string): Promise<number> {
  // A team that comes back after a restart knocks all at once.
  server.listen({ port, host, backlog: 4_096 });
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A machine without IPv6: all its addresses are the IPv4 ones.
    if (host === '::' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL'))
      return listen(server, port, '0.0.0.0');
    throw error;
  }
  return (server.address() as AddressInfo).port;
}
