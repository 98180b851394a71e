/**
 * The single-instance lock, real across processes of the same user-data folder. The lock is an exclusive SQLite transaction: taken
 * at once, refused at once, released by the system when its holder dies, however it dies. A second instance leaves its command
 * line as a file before `request` returns, so that it may exit right after, as with Electron.
 */
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createCodec } from '../page/codec.ts';

export interface SecondInstance {
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  readonly additionalData: unknown;
}

export class SingleInstance {
  readonly #folder: string;
  readonly #arrived: (second: SecondInstance) => void;
  readonly #codec = createCodec();
  #lock: DatabaseSync | undefined;
  #watcher: FSWatcher | undefined;

  /** @param arrived  called in the first instance, once for each later one */
  constructor(userData: string, arrived: (second: SecondInstance) => void) {
    this.#folder = join(userData, 'standin-singleton');
    this.#arrived = arrived;
  }

  get isHeld(): boolean {
    return this.#lock !== undefined;
  }

  /** True: this is the first instance. False: another is, and has been told. */
  request(additionalData: unknown): boolean {
    if (this.isHeld) return true;
    const letters = join(this.#folder, 'letters');
    mkdirSync(letters, { recursive: true });
    const database = new DatabaseSync(join(this.#folder, 'lock.db'), { timeout: 0 });
    try {
      database.exec('BEGIN EXCLUSIVE');
    } catch {
      database.close();
      this.#write(letters, { argv: process.argv, workingDirectory: process.cwd(), additionalData });
      return false;
    }
    this.#lock = database;
    for (const stale of readdirSync(letters)) rmSync(join(letters, stale), { force: true });
    this.#watcher = watch(letters, () => this.#read(letters));
    this.#watcher.unref();
    return true;
  }

  release(): void {
    this.#watcher?.close();
    this.#lock?.close();
    this.#lock = undefined;
  }

  #write(letters: string, second: SecondInstance): void {
    const name = `${process.hrtime.bigint()}-${process.pid}`;
    const draft = join(this.#folder, `${name}.draft`);
    writeFileSync(draft, this.#codec.encode(second));
    renameSync(draft, join(letters, name));
  }

  #read(letters: string): void {
    for (const name of readdirSync(letters).sort()) {
      const path = join(letters, name);
      const second = this.#codec.decode(readFileSync(path, 'utf8')) as SecondInstance;
      rmSync(path);
      this.#arrived(second);
    }
  }
}
