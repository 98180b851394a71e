/**
 * Lets a promise run on its own without losing its failure: what goes wrong is logged once, by the name of the work.
 */
import type { Log } from './ports.ts';

export function background(work: Promise<unknown>, log: Log, name: string): void {
  work.catch((error: unknown) =>
    log.error('background.failed', { work: name, error: errorName(error) }),
  );
}

/** What an error may say in a log: its name and code. Messages can hold paths and contents. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = (error as Error & { readonly code?: unknown }).code;
  return typeof code === 'string' ? `${error.name}:${code}` : error.name;
}
