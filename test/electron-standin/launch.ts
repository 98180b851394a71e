/**
 * The test's side of the stand-in, in the shape of Playwright's `_electron.launch()`: starts the app's main file as a child process,
 * hands out its windows as Playwright pages, runs functions in main, and keeps everything the desktop would have shown (`notes`).
 *
 *   const app = await launchStandin({ main: 'out/main/index.js', userData });
 *   const page = await app.window();
 *   await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.blur());
 *   const { title } = await app.note('notification');
 *   await app.evaluate(({ standin }, id) => standin.notifications.click(id), 1);
 *   await app.close();
 *
 * An app starts a Chromium of its own, unless it is given one to share (`startSharedChromium`): two cores carry one Chromium with
 * many windows better than many Chromiums. In a shared one each app has its own browser context, and what the page itself stored
 * (localStorage) does not outlive the app.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import type * as Electron from 'electron';
import { startChromium } from './browser/chromium.ts';
import { PageFinder } from './page-finder.ts';
import { COMPILE_CACHE } from '../kit/compile-cache.ts';
import { whenProcessGone } from '../kit/process-alive.ts';
import type { Control } from './main/control.ts';
import type { EvaluateAnswer, EvaluateRequest } from './main/harness-channel.ts';
import type { Note, NoteKind, NoteOf } from './main/notes.ts';
import { createCodec } from './page/codec.ts';

/** Electron's module as the app sees it, and the test's hand on the desktop. */
export type ElectronInTest = typeof Electron & { readonly standin: Control };

export interface SharedChromium {
  readonly endpoint: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** The built main file. */
  readonly main: string;
  readonly userData: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly chromium?: SharedChromium;
}

const REGISTER = new URL('./register.mjs', import.meta.url).href;
// Many times what it takes: they end what hangs, on a busy machine too.
const NOTE_TIMEOUT_MS = 30_000;
const START_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 30_000;

export async function startSharedChromium(): Promise<SharedChromium> {
  const profile = mkdtempSync(join(tmpdir(), 'standin-chromium-'));
  const own = await startChromium({ profile });
  const browser = await chromium.connectOverCDP(own.endpoint, { noDefaults: true });
  return {
    endpoint: own.endpoint,
    browser,
    close: async () => {
      await browser.close().catch(() => undefined);
      await own.kill();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type FromApp = EvaluateAnswer | { readonly op: 'note'; readonly note: Note };

/** The app's main file in plain Node with the stand-in for `electron`; `stdio` as a test wants it. */
export function forkApp({
  main,
  userData,
  args = [],
  env = {},
  chromium: shared,
}: LaunchOptions): ChildProcess {
  return fork(main, [...args], {
    execArgv: ['--import', REGISTER],
    env: {
      ...process.env,
      ...COMPILE_CACHE,
      NODE_OPTIONS: '',
      ...(shared === undefined ? {} : { STANDIN_CDP: shared.endpoint }),
      STANDIN_USER_DATA: userData,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
  });
}

export class StandinApp {
  readonly #child: ChildProcess;
  readonly #codec = createCodec();
  readonly #pending = new Map<number, Pending>();
  readonly #arrivals = new EventEmitter().setMaxListeners(0);
  readonly #notes: Note[] = [];
  readonly #gone: Promise<number | null>;
  readonly #pages = new Set<Page>();
  #finder: PageFinder | undefined;
  #ownBrowser: Browser | undefined;
  #output = '';
  #lastId = 0;
  #isGone = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
      });
    }
    child.on('message', (message) => this.#receive(message as FromApp));
    this.#gone = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    void this.#gone.then((code) => {
      this.#isGone = true;
      for (const { reject } of this.#pending.values())
        reject(new Error(`the app ended (${code ?? 'killed'})\n${this.#output}`));
      this.#arrivals.emit('gone');
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What the app wrote to stdout and stderr so far. */
  get output(): string {
    return this.#output;
  }

  /** Everything that happened on the desktop so far, in order. */
  get notes(): readonly Note[] {
    return this.#notes;
  }

  notesOf<K extends NoteKind>(kind: K): readonly NoteOf<K>[] {
    return this.#notes.filter((note) => note.kind === kind) as unknown as readonly NoteOf<K>[];
  }

  /** Resolves with the exit code once the app is gone. */
  get exited(): Promise<number | null> {
    return this.#gone;
  }

  /** The first note of a kind that fits, past or to come.
   *  @throws Error  none came in time, or the app ended; carries the app's output */
  async note<K extends NoteKind>(
    kind: K,
    fits: (note: NoteOf<K>) => boolean = () => true,
    timeoutMs = NOTE_TIMEOUT_MS,
  ): Promise<NoteOf<K>> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = this.notesOf(kind).find(fits);
      if (found !== undefined) return found;
      if (this.#isGone) throw new Error(`the app ended before '${kind}'\n${this.#output}`);
      const next = new AbortController();
      try {
        await Promise.race([
          once(this.#arrivals, 'note', { signal: AbortSignal.any([deadline, next.signal]) }),
          once(this.#arrivals, 'gone', { signal: AbortSignal.any([deadline, next.signal]) }),
        ]);
      } catch (cause) {
        throw new Error(`no '${kind}' within ${timeoutMs} ms\n${this.#output}`, { cause });
      } finally {
        next.abort();
      }
    }
  }

  /** Runs the function in main; it sees nothing of the test but its argument. */
  evaluate<R, A = undefined>(
    run: (electron: ElectronInTest, arg: A) => R | Promise<R>,
    arg?: A,
  ): Promise<Awaited<R>> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#isGone) {
        reject(new Error(`the app is gone\n${this.#output}`));
        return;
      }
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send({
        op: 'evaluate',
        id,
        source: String(run),
        arg: this.#codec.encode(arg),
      } satisfies EvaluateRequest);
    });
  }

  /** The n-th window the app opened, once its first page has loaded. */
  async window(n = 0): Promise<Page> {
    const opened = await this.#nth('window', n);
    await this.note('loaded', ({ id }) => id === opened.id, START_TIMEOUT_MS);
    return this.#pageOf(opened.targetId);
  }

  async #nth<K extends NoteKind>(kind: K, n: number): Promise<NoteOf<K>> {
    let found: NoteOf<K> | undefined;
    await this.note(kind, () => (found = this.notesOf(kind)[n]) !== undefined, START_TIMEOUT_MS);
    if (found === undefined) throw new Error(`no '${kind}' number ${n}`);
    return found;
  }

  /** Asks the app to quit; one that will not is killed. */
  async close(): Promise<void> {
    if (!this.#isGone) {
      void this.evaluate(({ app }) => app.quit()).catch(() => undefined);
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
      await this.#gone;
      clearTimeout(timer);
    }
    await this.#letGo();
  }

  /** SIGKILL, in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
    await this.#letGo();
  }

  /** Closes the channel to the app, as the end of the test process would. */
  disconnect(): void {
    this.#child.disconnect();
  }

  /** For the launcher: waits for Chromium, then follows its pages. */
  async connect(shared: SharedChromium | undefined): Promise<void> {
    const { endpoint } = await this.note('browser', undefined, START_TIMEOUT_MS);
    if (shared === undefined)
      this.#ownBrowser = await chromium.connectOverCDP(endpoint, { noDefaults: true });
    const browser = shared?.browser ?? this.#ownBrowser;
    if (browser !== undefined) this.#finder = new PageFinder(browser);
  }

  async #pageOf(targetId: string): Promise<Page> {
    if (this.#finder === undefined) throw new Error('the app is not connected yet');
    const page = await this.#finder.find(targetId, NOTE_TIMEOUT_MS);
    this.#pages.add(page);
    return page;
  }

  /** Windows end with their app, but not in the same instant; a Chromium of the app's own locks its profile until it is gone. */
  async #letGo(): Promise<void> {
    await Promise.all(
      [...this.#pages].map(
        async (page) =>
          page.isClosed() || page.waitForEvent('close', { timeout: CLOSE_TIMEOUT_MS }),
      ),
    );
    const own = this.#ownBrowser;
    if (own === undefined) return;
    if (own.isConnected())
      await new Promise<void>((resolve) => own.once('disconnected', () => resolve()));
    const [note] = this.notesOf('browser');
    if (note?.pid !== undefined) await whenProcessGone(note.pid);
  }

  #receive(message: FromApp): void {
    if (message.op === 'note') {
      this.#notes.push(message.note);
      this.#arrivals.emit('note');
      return;
    }
    const waiting = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.ok) waiting?.resolve(this.#codec.decode(message.value));
    else waiting?.reject(new Error(message.error));
  }
}

export async function launchStandin(options: LaunchOptions): Promise<StandinApp> {
  const app = new StandinApp(forkApp(options));
  try {
    await app.connect(options.chromium);
  } catch (cause) {
    await app.kill();
    throw cause;
  }
  return app;
}
