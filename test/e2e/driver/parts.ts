/** What the drivers share: where the built app is, and how a host says that it cannot do something. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Ability, DesktopKind } from './desktop.ts';

export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** @throws Error  it was not built */
export function builtFile(path: string): string {
  const file = join(ROOT, path);
  if (!existsSync(file)) throw new Error(`${path} is not there: run "npm run build" first`);
  return file;
}

export const cannot = (kind: DesktopKind, ability: Ability): never => {
  throw new Error(`a ${kind} desktop cannot be made to: ${ability} (ask desktop.can first)`);
};

/** What one run of a desktop leaves to the next. */
export class Memory {
  readonly faults: string[] = [];
  #output = '';

  hear(chunk: string): void {
    this.#output += chunk;
  }

  get output(): string {
    return this.#output;
  }
}
