/**
 * Starting other programs from the scripts: output that is inherited or handed on, an exit code as the answer, and the tools of
 * node_modules by path.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';

export const ROOT = dirname(dirname(import.meta.dirname));

const requireHere = createRequire(import.meta.url);

/** The script behind a package's command, so that no shell and no PATH is in between. */
export function toolPath(packageName: string, command = packageName): string {
  const manifestPath = join(ROOT, 'node_modules', packageName, 'package.json');
  const { bin } = requireHere(manifestPath) as { bin: string | Record<string, string> };
  const file = typeof bin === 'string' ? bin : bin[command];
  if (file === undefined) throw new Error(`${packageName} has no command ${command}`);
  return join(dirname(manifestPath), file);
}

/** For output that goes to a log; an inherited FORCE_COLOR would win over NO_COLOR. */
const PLAIN = { NO_COLOR: '1', FORCE_COLOR: undefined };

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Past this the program and whatever it started are ended, and it counts as failed. */
  readonly timeoutMs?: number;
  readonly quiet?: boolean;
  /** Hears what the program says on either stream, instead of the terminal. */
  readonly hear?: (chunk: Buffer) => void;
  /** The program, and whatever it starts, takes mostly what others leave idle. */
  readonly givesWay?: boolean;
}

const LAST_WORDS_MS = 2_000;
/** A quarter of a core that somebody else wants as well, on Linux: last in line, and yet never so starved that a time limit strikes. */
const GIVING_WAY = 5;

function giveWay(pid: number): void {
  try {
    setPriority(pid, GIVING_WAY);
  } catch {
    // It ended at once, or the system keeps priorities to itself: then it runs as others do.
  }
}

/** Runs a program to its end. Resolves with its exit code; 1 where it died of a signal, took too long or could not start. */
export function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<number> {
  const { timeoutMs, quiet, hear, givesWay } = options;
  // A bounded program gets a group of its own, so that none of its children outlives the bound.
  const isGroup = timeoutMs !== undefined && process.platform !== 'win32';
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...(process.stdout.isTTY ? {} : PLAIN), ...options.env },
      stdio:
        quiet === true ? 'ignore' : hear === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      detached: isGroup,
    });
    if (givesWay === true && child.pid !== undefined) giveWay(child.pid);
    if (hear !== undefined)
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', hear);
    const signal = (name: NodeJS.Signals): void => {
      if (!isGroup || child.pid === undefined) child.kill(name);
      else process.kill(-child.pid, name);
    };
    const passOn = (name: NodeJS.Signals): void => {
      // Ctrl+C in a terminal has reached a child of the same group already, and a second one would mean "at once".
      if (name === 'SIGINT' && process.stdin.isTTY && !isGroup) return;
      signal(name);
    };
    const tooLong = (): void => {
      const words = `Ended after ${Math.round((timeoutMs ?? 0) / 60_000)} minutes: ${program} ${args.join(' ')}`;
      if (hear === undefined) console.error(words);
      else hear(Buffer.from(`${words}\n`));
      signal('SIGKILL');
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(tooLong, timeoutMs);
    process.on('SIGINT', passOn).on('SIGTERM', passOn);
    const end = (code: number): void => {
      clearTimeout(timer);
      process.off('SIGINT', passOn).off('SIGTERM', passOn);
      resolve(code);
    };
    child.on('error', () => end(1));
    child.on('exit', (code) => {
      if (hear === undefined) return end(code ?? 1);
      // What it said last may still be in the pipe; a child of its own that lives on must not hold the pipe open for ever.
      const enough = setTimeout(() => end(code ?? 1), LAST_WORDS_MS);
      child.once('close', () => {
        clearTimeout(enough);
        end(code ?? 1);
      });
    });
  });
}

/** Runs a Node program with the Node that runs this one. */
export const runNode = (args: readonly string[], options: RunOptions = {}): Promise<number> =>
  run(process.execPath, args, options);

export const buildWindow = (options: RunOptions = {}): Promise<number> =>
  runNode(
    [
      toolPath('electron-vite'),
      'build',
      '--config',
      'build/electron.vite.config.ts',
      '--logLevel',
      'warn',
    ],
    options,
  );
