/**
 * A private PostgreSQL in a folder of its own, reached by a socket in that folder and by no port, which a test kills and starts again as it
 * likes. Each test takes a fresh database of it. PostgreSQL refuses to run as root: there it gets the account of Debian's package.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
export const postgresTool = (name: string): string => (POSTGRES ?? 'postgres').replace(/postgres$/, name);

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
  /** Starts it again on the same files. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  dispose(): Promise<void>;
}

/** A server that follows another by streaming, and may be read. */
export interface PostgresStandby extends PostgresServer {
  /** Receives nothing more: what is written from now on it will never have. */
  stopFollowing(): Promise<void>;
  /** Becomes a server of its own that takes writes. Resolves when it does. */
  promote(): Promise<void>;
}

const USER = 'landline';
const START_LIMIT_MS = 60_000;
const POLL_MS = 20;
/** Ends the server when its standard input closes: also when whoever held the other end is killed. */
const KEEPER = '"$@" & server=$!; read -r _; kill -QUIT $server 2>/dev/null; wait $server';

export async function startPostgres({ isTemporary = false }: PostgresOptions = {}): Promise<PostgresServer> {
  const place = makePlace();
  runTool('initdb', ['--pgdata', place.data, '--username', USER, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'], place);
  return startServer(place, isTemporary);
}

/**
 * A standby of a running server. Asynchronous, unless told: a synchronous one has every commit before it is answered, and nothing is
 * committed without it.
 */
export async function startStandby(
  primary: PostgresServer,
  { isTemporary = false, isSynchronous = false }: PostgresOptions & { readonly isSynchronous?: boolean } = {},
): Promise<PostgresStandby> {
  const place = makePlace();
  const { host } = primary.addressOf('postgres');
  const copied = [
    '--pgdata',
    place.data,
    '--dbname',
    `host=${host} user=${USER}`,
    '--write-recovery-conf',
    '--checkpoint=fast',
    '--no-sync',
  ];
  runTool('pg_basebackup', copied, place);
  const server = await startServer(place, isTemporary);
  const wanted = isSynchronous ? 'sync' : 'async';
  if (isSynchronous) await primary.set({ synchronous_standby_names: '*' });
  await poll(async () => {
    const [row] = await primary.ask('postgres', 'SELECT state, sync_state FROM pg_stat_replication');
    return row?.['state'] === 'streaming' && row['sync_state'] === wanted;
  });
  return {
    ...server,
    async stopFollowing() {
      await server.set({ primary_conninfo: '' });
      await poll(async () => (await server.ask('postgres', 'SELECT 1 FROM pg_stat_wal_receiver')).length === 0);
    },
    async promote() {
      await server.ask('postgres', 'SELECT pg_promote()');
    },
  };
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

function runTool(name: string, args: readonly string[], { how }: Place): void {
  execFileSync(postgresTool(name), args, { ...how, stdio: ['ignore', 'ignore', 'pipe'] });
}

async function startServer({ host, data, how }: Place, isTemporary: boolean): Promise<PostgresServer> {
  const program = POSTGRES;
  if (program === undefined) throw new Error('postgres is missing');
  let keeper: ChildProcess | undefined;
  let count = 0;

  const settings = ['listen_addresses=', `unix_socket_directories=${host}`, 'max_connections=100', 'log_min_messages=fatal'];
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
        keeper = spawn('sh', ['-c', KEEPER, 'sh', ...command], { ...how, stdio: ['pipe', 'ignore', 'ignore'] });
      }
      await ask('postgres', 'SELECT 1');
      return true;
    });
  const end = async (how: 'killed' | 'asked to'): Promise<void> => {
    const ended = keeper;
    keeper = undefined;
    if (!ended || ended.exitCode !== null || ended.signalCode !== null) return;
    const gone = once(ended, 'exit');
    if (how === 'killed') killServer(data);
    ended.stdin?.end();
    await gone;
  };
  await start();
  return {
    async createDatabase() {
      const database = `team_${++count}`;
      await ask('postgres', `CREATE DATABASE ${database}`);
      return { host, user: USER, database };
    },
    addressOf: (database) => ({ host, user: USER, database }),
    ask,
    async set(settings) {
      for (const [name, value] of Object.entries(settings)) await ask('postgres', `ALTER SYSTEM SET ${name} = '${value}'`);
      await ask('postgres', 'SELECT pg_reload_conf()');
    },
    kill: () => end('killed'),
    async restart() {
      await end('killed');
      await start();
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
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** The server first, so that it does not begin anew when it sees its children die; they would finish what they are at. */
function killServer(data: string): void {
  const server = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0] ?? '';
  const children = spawnSync('pgrep', ['-P', server], { encoding: 'utf8' }).stdout.split('\n');
  for (const pid of [server, ...children].filter((text) => text !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It went by itself.
    }
  }
}
