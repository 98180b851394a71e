/** The test's end of a desktop's process: starts it, kills it, calls its bridge, waits for what its window shows. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type {
  CommandInput,
  CommandName,
  CommandOutput,
  CommandResult,
} from '../../electron/bridge/commands.ts';
import { COMPILE_CACHE } from '../kit/compile-cache.ts';
import type { DesktopView, FromDesktop, RowTold, ToDesktop } from './desktop-messages.ts';

export interface DesktopChild {
  readonly name: string;
  readonly folder: string;
  readonly isUp: boolean;
  readonly view: DesktopView;
  /** Everything any of its processes said on standard error, and every fault its core reported. */
  faults(): string;
  /** Resolves when the window is open. */
  start(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
  close(): Promise<void>;
  /** Undefined when the process died before it answered. */
  call<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
  ): Promise<CommandResult<Name> | undefined>;
  /** Calls and expects it to work. */
  must<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
  ): Promise<CommandOutput<Name>>;
  /** Waits for what the window shows; gives up after `mostMs`. */
  until(what: string, is: (view: DesktopView) => boolean, mostMs?: number): Promise<void>;
}

export interface DesktopChildParts {
  readonly name: string;
  readonly folder: string;
  readonly onRow?: (row: RowTold) => void;
  /** Modules to load first. */
  readonly imports?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Stands before the command. */
  readonly on?: readonly string[];
}

const NOTHING: DesktopView = { team: null, wire: null, outbox: null, channels: [], newest: 0 };
const PATIENCE_MS = 60_000;

export function createDesktopChild({
  name,
  folder,
  onRow,
  imports = [],
  env = {},
  on = [],
}: DesktopChildParts): DesktopChild {
  let child: ChildProcess | undefined;
  let view = NOTHING;
  let faults = '';
  let n = 0;
  const answers = new Map<number, (result: unknown) => void>();
  const watchers = new Set<() => void>();

  const hear = (from: ChildProcess, message: FromDesktop): void => {
    if (message.kind === 'row') onRow?.(message);
    else if (message.kind === 'error') faults += `${message.words}\n`;
    else if (message.kind === 'answer') {
      answers.get(message.n)?.(message.result);
      answers.delete(message.n);
    } else if (message.kind === 'shows' && from === child) {
      ({ view } = message);
      for (const look of [...watchers]) look();
    }
  };

  const forget = (gone: ChildProcess): void => {
    if (child !== gone) return;
    child = undefined;
    view = NOTHING;
    for (const settle of answers.values()) settle(undefined);
    answers.clear();
  };

  const say = (message: ToDesktop): void => {
    // One that was killed a moment ago is told nothing any more.
    if (child?.connected) child.send(message, () => undefined);
  };

  const made: DesktopChild = {
    name,
    folder,
    get isUp() {
      return child !== undefined;
    },
    get view() {
      return view;
    },
    faults: () => faults,
    start: async () => {
      const clean = Object.fromEntries(
        Object.entries(process.env).filter(([key]) => !/^(?:LANDLINE_|NODE_|VITEST)/.test(key)),
      );
      const [command = '', ...execArgv] = [
        ...on,
        process.execPath,
        ...imports.flatMap((path) => ['--import', path]),
      ];
      const started = fork(join(import.meta.dirname, 'desktop-process.ts'), [folder], {
        execPath: command,
        execArgv,
        env: { ...clean, ...COMPILE_CACHE, ...env },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      child = started;
      started.stderr?.setEncoding('utf8').on('data', (text: string) => (faults += text));
      started.on('exit', () => forget(started));
      const ready = new Promise<void>((resolve, reject) => {
        started.on('message', (message) => {
          if ((message as FromDesktop).kind === 'ready') resolve();
          hear(started, message as FromDesktop);
        });
        started.once('exit', (code, signal) =>
          reject(new Error(`${name} ended (${code ?? signal}) before it was ready: ${faults}`)),
        );
      });
      await ready;
    },
    kill: async (signal) => {
      const dying = child;
      if (!dying) return;
      const gone = once(dying, 'exit');
      dying.kill(signal);
      await gone;
    },
    close: async () => {
      const leaving = child;
      if (!leaving) return;
      const gone = once(leaving, 'exit');
      say({ kind: 'close' });
      await gone;
    },
    call: <Name extends CommandName>(command: Name, input: CommandInput<Name>) =>
      new Promise<CommandResult<Name> | undefined>((resolve) => {
        if (!child) return resolve(undefined);
        const mine = ++n;
        answers.set(mine, resolve as (result: unknown) => void);
        say({ kind: 'call', n: mine, name: command, input });
      }),
    must: async (command, input) => {
      const result = await made.call(command, input);
      if (!result?.ok)
        throw new Error(`${name}: ${command}: ${JSON.stringify(result?.error ?? 'died')}`);
      return result.value;
    },
    until: (what, is, mostMs = PATIENCE_MS) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!is(view)) return;
          watchers.delete(look);
          clearTimeout(limit);
          resolve();
        };
        const limit = setTimeout(() => {
          watchers.delete(look);
          reject(
            new Error(
              `${name}: waited in vain until ${what}; it shows ${JSON.stringify(view)} ${faults}`,
            ),
          );
        }, mostMs);
        watchers.add(look);
        look();
      }),
  };
  return made;
}

export const isLive = ({ wire }: DesktopView): boolean =>
  wire?.state === 'live' && !wire.isCatchingUp;
export const isDrained = (view: DesktopView): boolean => isLive(view) && view.outbox?.waiting === 0;
