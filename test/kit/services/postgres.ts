/**
 * A private PostgreSQL in a folder of its own, reached by a socket in that folder and by no port, which a test kills and starts again as it
 * likes. Each test takes a fresh database of it. PostgreSQL refuses to run as root: there it gets the account of Debian's package.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
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
  /** SIGKILL to the server; what it was doing dies with it. */
  kill(): Promise<void>;
  /** Starts it again on the same files. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  dispose(): Promise<void>;
}

const USER = 'landline';
const START_LIMIT_MS = 60_000;
const POLL_MS = 20;

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
  let child: ChildProcess | undefined;
  let count = 0;

  const settings = ['listen_addresses=', `unix_socket_directories=${host}`, 'max_connections=60', 'log_min_messages=fatal'];
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
      if (!child || child.exitCode !== null || child.signalCode !== null) {
        child = spawn(program, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], { ...how, stdio: 'ignore' });
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
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = child;
    child = undefined;
    if (!ended || ended.exitCode !== null || ended.signalCode !== null) return;
    const gone = once(ended, 'exit');
    ended.kill(signal);
    await gone;
  };
  // Whoever forgets to dispose of it leaves nothing running.
  const endWithUs = (): void => void child?.kill('SIGQUIT');
  process.once('exit', endWithUs);
  await start();
  return {
    async createDatabase() {
      const database = `team_${++count}`;
      await ask('postgres', `CREATE DATABASE ${database}`);
      return { host, user: USER, database };
    },
    ask,
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGKILL');
      await start();
    },
    async dispose() {
      process.off('exit', endWithUs);
      await end('SIGQUIT');
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
