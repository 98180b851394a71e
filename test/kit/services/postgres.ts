/**
 * A private PostgreSQL in a folder of its own, reached by a socket in that folder and by no port, which a test kills and starts again as it
 * likes. Each test takes a fresh database of it. PostgreSQL refuses to run as root: there it gets the account of Debian's package.
 */
import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { findProgram } from './program.ts';

/** Debian keeps the server's programs off the PATH, the newest release last. */
const DEBIAN = '/usr/lib/postgresql';
const FOLDERS = existsSync(DEBIAN)
  ? readdirSync(DEBIAN)
      .sort((a, b) => Number(b) - Number(a))
      .map((release) => join(DEBIAN, release, 'bin'))
  : [];

export const POSTGRES = findProgram('postgres', 'what needs PostgreSQL is not shown', FOLDERS);
/** Another program of the same release. */
export const postgresTool = (name: string): string =>
  (POSTGRES ?? 'postgres').replace(/postgres$/, name);

export interface PostgresOptions {
  /**
   * No fsync, for tests that throw the server away: commits then survive the death of the server, not that of the machine. Durable
   * where nothing is said.
   */
  readonly isTemporary?: boolean;
}

export interface PostgresAddress {
  /** The folder of the socket. */
  readonly host: string;
  readonly user: string;
  readonly database: string;
}

export interface PostgresServer {
  /** A fresh, empty database. */
  createDatabase(): Promise<PostgresAddress>;
  /** Where this server keeps what others call by that name too. */
  addressOf(database: string): PostgresAddress;
  /** SQL by the server's owner. */
  ask(database: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Changes settings of the running server, and of all its later lives. */
  set(settings: Readonly<Record<string, string>>): Promise<void>;
  /** SIGKILL to the server and all that works for it. */
  kill(): Promise<void>;
  /** SIGSTOP to all of it: connections stay, and nothing is answered. */
  stop(): void;
  goOn(): void;
  /** Starts it again on the same files. Resolves when it answers. */
  restart(): Promise<void>;
  /** Forgets all it has and becomes a standby of the other: a copy that follows by streaming and may be read. */
  follow(primary: PostgresServer, how?: FollowOptions): Promise<void>;
  /** Of a standby: receives nothing more. What is written from now on it will never have. */
  stopFollowing(): Promise<void>;
  /** Of a standby: becomes a server that takes writes. Resolves when it does. */
  promote(): Promise<void>;
  /** Ends it and removes its folder. */
  dispose(): Promise<void>;
}

export interface FollowOptions {
  /** Every commit is here before it is answered, and none is answered without it. */
  readonly isSynchronous?: boolean;
}

const USER = 'landline';
const START_LIMIT_MS = 60_000;
const POLL_MS = 20;
/** Ends the server when its standard input closes, also when whoever held the other end is killed; and ends when the server does. */
const KEEPER = [
  'exec 3<&0; "$@" 3<&- & server=$!',
  '{ read -r _ <&3; kill -QUIT $server 2>/dev/null; } & reader=$!',
  'wait $server; code=$?; kill $reader 2>/dev/null; exit $code',
].join('\n');

export async function startPostgres({
  isTemporary = false,
}: PostgresOptions = {}): Promise<PostgresServer> {
  const place = makePlace();
  await runTool(
    'initdb',
    [
      '--pgdata',
      place.data,
      '--username',
      USER,
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    place,
  );
  const server = createServer(place, isTemporary);
  await server.restart();
  return server;
}

/** A standby of a running server; asynchronous unless told. */
export async function startStandby(
  primary: PostgresServer,
  { isTemporary = false, ...how }: PostgresOptions & FollowOptions = {},
): Promise<PostgresServer> {
  const server = createServer(makePlace(), isTemporary);
  await server.follow(primary, how);
  return server;
}

/** A folder that belongs to the server's account, with the socket and the files in it. */
interface Place {
  readonly host: string;
  readonly data: string;
  readonly how: { readonly cwd: string; readonly uid?: number; readonly gid?: number };
}

function makePlace(): Place {
  const account = serverAccount();
  const host = mkdtempSync(join(tmpdir(), 'landline-pg-'));
  if (account) chownSync(host, account.uid, account.gid);
  return { host, data: join(host, 'data'), how: { ...account, cwd: host } };
}

async function runTool(name: string, args: readonly string[], { how }: Place): Promise<void> {
  await promisify(execFile)(postgresTool(name), args, how);
}

function createServer(place: Place, isTemporary: boolean): PostgresServer {
  const { host, data, how } = place;
  const program = POSTGRES;
  if (program === undefined) throw new Error('postgres is missing');
  let keeper: ChildProcess | undefined;
  let count = 0;

  // A standby whose primary was away looks for it again after five seconds otherwise.
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${host}`,
    'max_connections=100',
    'log_min_messages=fatal',
    'wal_retrieve_retry_interval=100ms',
  ];
  if (isTemporary) settings.push('fsync=off', 'full_page_writes=off');

  const ask: PostgresServer['ask'] = async (database, sql) => {
    const client = new pg.Client({ host, user: USER, database });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Readonly<Record<string, unknown>>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const start = (): Promise<void> =>
    poll(async () => {
      // A killed server's children let go of its memory a moment after it; until then a new one ends at once.
      if (!keeper || keeper.exitCode !== null || keeper.signalCode !== null) {
        const command = [program, '-D', data, ...settings.flatMap((setting) => ['-c', setting])];
        keeper = spawn('sh', ['-c', KEEPER, 'sh', ...command], {
          ...how,
          stdio: ['pipe', 'ignore', 'ignore'],
        });
      }
      await ask('postgres', 'SELECT 1');
      return true;
    });
  const end = async (how: 'killed' | 'asked to'): Promise<void> => {
    const ended = keeper;
    keeper = undefined;
    if (!ended || ended.exitCode !== null || ended.signalCode !== null) return;
    const gone = once(ended, 'exit');
    if (how === 'killed') signalServer(data, 'SIGKILL');
    ended.stdin?.end();
    await gone;
  };
  const set: PostgresServer['set'] = async (settings) => {
    for (const [name, value] of Object.entries(settings))
      await ask('postgres', `ALTER SYSTEM SET ${name} = '${value}'`);
    await ask('postgres', 'SELECT pg_reload_conf()');
  };
  return {
    async createDatabase() {
      const database = `team_${++count}`;
      await ask('postgres', `CREATE DATABASE ${database}`);
      return { host, user: USER, database };
    },
    addressOf: (database) => ({ host, user: USER, database }),
    ask,
    set,
    kill: () => end('killed'),
    stop: () => signalServer(data, 'SIGSTOP'),
    goOn: () => signalServer(data, 'SIGCONT'),
    async restart() {
      await end('killed');
      await start();
    },
    async follow(primary, { isSynchronous = false } = {}) {
      await end('killed');
      rmSync(data, { recursive: true, force: true });
      const from = `host=${primary.addressOf('postgres').host} user=${USER}`;
      const copying = [
        '--pgdata',
        data,
        '--dbname',
        from,
        '--write-recovery-conf',
        '--checkpoint=fast',
        '--no-sync',
      ];
      await runTool('pg_basebackup', copying, place);
      await start();
      if (isSynchronous) await primary.set({ synchronous_standby_names: '*' });
      const wanted = isSynchronous ? 'sync' : 'async';
      await poll(async () => {
        const [row] = await primary.ask(
          'postgres',
          "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'",
        );
        return row?.['sync_state'] === wanted;
      });
    },
    async stopFollowing() {
      await set({ primary_conninfo: '' });
      await poll(
        async () => (await ask('postgres', 'SELECT 1 FROM pg_stat_wal_receiver')).length === 0,
      );
    },
    async promote() {
      await ask('postgres', 'SELECT pg_promote()');
    },
    async dispose() {
      await end('asked to');
      rmSync(host, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

/** Until it is so. What it throws last is thrown when it never is. */
async function poll(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    try {
      if (await isSo()) return;
      if (Date.now() > deadline) throw new Error('PostgreSQL does not come that far');
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Whom the server belongs to where we are root. */
function serverAccount(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** The server first, so that it does not begin anew when it sees its children die; they would finish what they are at. */
function signalServer(data: string, signal: NodeJS.Signals): void {
  const server = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0] ?? '';
  const children = spawnSync('pgrep', ['-P', server], { encoding: 'utf8' }).stdout.split('\n');
  for (const pid of [server, ...children].filter((text) => text !== '')) {
    try {
      process.kill(Number(pid), signal);
    } catch {
      // It went by itself.
    }
  }
}
