/**
 * A child process that answers questions: the servers and the load run in processes of their own, each tied to one core, so that
 * the CPU seconds of one are never those of another. Parent's half (`Remote`) and child's half (`answer`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';

const TASKSET = ['/usr/bin/taskset', '/bin/taskset'].find((path) => existsSync(path));

/** Whether processes can be tied to a core here (Linux with util-linux). */
export const canPin = TASKSET !== undefined;

const PATIENCE_MS = 5_000;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}
type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

export interface RemoteParts {
  readonly file: string;
  readonly core: number;
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class Remote {
  readonly #child: ChildProcess;
  readonly #file: string;
  readonly #waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >();
  #nextId = 1;
  readonly #ended: Promise<void>;
  #isOver = false;

  constructor({ file, core, nodeOptions = [], env = {} }: RemoteParts) {
    this.#file = file;
    const program = [
      process.execPath,
      '--expose-gc',
      '--disable-warning=ExperimentalWarning',
      ...nodeOptions,
      file,
    ];
    const [command, ...args] =
      TASKSET === undefined ? program : [TASKSET, '-c', String(core), ...program];
    this.#child = spawn(command ?? process.execPath, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...env },
    });
    this.#child.on('message', (message) => this.#take(message as Answer));
    this.#ended = new Promise((resolve) => {
      const end = (why: string): void => {
        this.#isOver = true;
        for (const { reject } of this.#waiting.values()) reject(new Error(`${file}: ${why}`));
        this.#waiting.clear();
        resolve();
      };
      this.#child.on('error', (error) => end(error.message));
      this.#child.on('exit', (code, signal) => end(`ended (${code ?? signal ?? 'unknown'})`));
    });
  }

  /** @throws with the child's own words when it could not do it, or when it is gone */
  ask<Value>(name: string, argument: unknown = null): Promise<Value> {
    if (this.#isOver) return Promise.reject(new Error(`${this.#file}: ended before "${name}"`));
    const id = this.#nextId++;
    return new Promise<Value>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send({ id, name, argument } satisfies Question);
    });
  }

  /** Lets the child go in peace (a profile is written then), and ends it if it does not. */
  async dispose(): Promise<void> {
    if (!this.#isOver) this.#child.disconnect();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    await this.#ended;
    clearTimeout(kill);
  }

  #take(message: Answer): void {
    const asked = this.#waiting.get(message.id);
    if (asked === undefined) return;
    this.#waiting.delete(message.id);
    if ('error' in message) asked.reject(new Error(`${this.#file}: ${message.error}`));
    else asked.resolve(message.value);
  }
}

export type Commands = Readonly<Record<string, (argument: never) => unknown>>;

/** The child's half: answers the parent's questions from a table, and ends when the parent is gone. */
export function answer(commands: Commands): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    const { id, name, argument } = message as Question;
    const command = commands[name] as ((argument: unknown) => unknown) | undefined;
    const reply = async (): Promise<Answer> => {
      try {
        if (command === undefined) throw new Error(`no command "${name}"`);
        return { id, value: (await command(argument)) ?? null };
      } catch (error) {
        return {
          id,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        };
      }
    };
    void reply().then((result) => process.send?.(result));
  });
}
