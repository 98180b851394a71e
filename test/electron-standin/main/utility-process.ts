/**
 * `utilityProcess.fork`: a real child process with Electron's surface round it. It dies with the app, also when the app is killed:
 * its channel then closes (`utility-child.mjs`). Message ports cannot be passed.
 */
import { fork } from 'node:child_process';
import type { ChildProcess, ForkOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Readable } from 'node:stream';
import { StrictEmitter, notImplemented } from './strict.ts';

const CHILD = fileURLToPath(new URL('../utility-child.mjs', import.meta.url));

type Stdio = readonly ('pipe' | 'ignore' | 'inherit')[];

const stdioOf = (stdio: Electron.ForkOptions['stdio']): Stdio =>
  Array.isArray(stdio)
    ? stdio
    : ['ignore', ...Array<'pipe' | 'ignore' | 'inherit'>(2).fill((stdio ?? 'inherit') as 'pipe')];

export class UtilityProcess extends StrictEmitter {
  readonly #child: ChildProcess;

  constructor(modulePath: string, args: readonly string[], options: Electron.ForkOptions) {
    super();
    if (options.session !== undefined || options.partition !== undefined)
      notImplemented('utilityProcess.fork with a session');
    const [, stdout = 'inherit', stderr = 'inherit'] = stdioOf(options.stdio);
    const forkOptions: ForkOptions = {
      execArgv: [...(options.execArgv ?? []), '--import', CHILD],
      serialization: 'advanced',
      // Electron refuses a piped standard input; the channel is Node's own.
      stdio: ['ignore', stdout, stderr, 'ipc'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: (options.env as NodeJS.ProcessEnv | undefined) ?? process.env,
    };
    this.#child = fork(modulePath, [...args], forkOptions);
    this.#child.on('spawn', () => this.emit('spawn'));
    this.#child.on('message', (envelope) =>
      this.emit('message', (envelope as { readonly data: unknown }).data),
    );
    this.#child.on('exit', (code) => this.emit('exit', code ?? 1));
    this.#child.on('error', (error) => console.error('stand-in: utility process:', error));
    this.stdout = this.#child.stdout;
    this.stderr = this.#child.stderr;
  }

  readonly stdout: Readable | null;
  readonly stderr: Readable | null;

  protected override get raises(): readonly string[] {
    return ['spawn', 'message', 'exit', 'error'];
  }

  /** Undefined before it has started and after it has ended, as in Electron. */
  get pid(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null
      ? this.#child.pid
      : undefined;
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0) notImplemented('passing a port to a utility process');
    // Electron clones before it sends; Node would carry functions as nothing.
    if (this.#child.connected) this.#child.send({ data: structuredClone(message) });
  }

  kill(): boolean {
    return this.#child.kill('SIGTERM');
  }
}

export const createUtilityProcess = (): object => ({
  fork: (modulePath: string, args: readonly string[] = [], options: Electron.ForkOptions = {}) =>
    new UtilityProcess(modulePath, args, options),
});
