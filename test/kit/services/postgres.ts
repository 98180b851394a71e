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
  /** SQL by the server's owner. */
  ask(database: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** SIGKILL to the server and all that works for it. */
  kill(): Promise<void>;
  /** Starts it again on the same files. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  dispose(): Promise<void>;
}

const USER = 'landline';
const START_LIMIT_MS = 60_000;
const POLL_MS = 20;
/** Ends the server when its standard input closes: also when whoever held the other end is killed. */
const KEEPER = '"$@" & server=$!; read -r _; kill -QUIT $server 2>/dev/null; wait $server';

export async function startPostgres({ isTemporary = false }: PostgresOptions = {}): Promise<PostgresServer> {
  const program = POSTGRES;
  if (program === undefined) throw new Error('postgres is missing');
  const account = serverAccount();
  const host = mkdtempSync(join(tmpdir(), 'landline-pg-'));
  if (account) chownSync(host, account.uid, account.gid);
  const data = join(host, 'data');
  const how = { ...account, cwd: host };
  execFileSync(
    postgresTool('initdb'),
    ['--pgdata', data, '--username', USER, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    { ...how, stdio: ['ignore', 'ignore', 'pipe'] },
  );
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
  const start = async (): Promise<void> => {
    const deadline = Date.now() + START_LIMIT_MS;
    for (;;) {
      // A killed server's children let go of its memory a moment after it; until then a new one ends at once.
      if (!keeper || keeper.exitCode !== null || keeper.signalCode !== null) {
        const command = [program, '-D', data, ...settings.flatMap((setting) => ['-c', setting])];
        keeper = spawn('sh', ['-c', KEEPER, 'sh', ...command], { ...how, stdio: ['pipe', 'ignore', 'ignore'] });
      }
      try {
        await ask('postgres', 'SELECT 1');
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  };
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
    ask,
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
