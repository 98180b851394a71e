/**
 * Calls to a disk that may be a share at the other end of a network. Such a share can stop answering for minutes, and each call then holds
 * one of the few threads that Node has for disks, names and passwords alike. So only some calls are under way at once, and nobody waits
 * for one without end: who asks is answered `away`, and the call itself is left to its fate.
 */
import { BlobsUnavailable, type BlobsTrouble } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';

export interface DiskCalls {
  /**
   * @param undo  for what a call gives that nobody waits for any more; must not throw
   * @throws BlobsUnavailable
   */
  run<T>(call: () => Promise<T>, undo?: (late: T) => void): Promise<T>;
}

export interface DiskCallsParts {
  readonly clock: Clock;
  /** Calls that may be under way at once; Node has four threads. */
  readonly atOnce: number;
  /** How long a call may take, its wait for others included. */
  readonly patienceMs: number;
}

export function createDiskCalls({ clock, atOnce, patienceMs }: DiskCallsParts): DiskCalls {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  const next = (): void => {
    while (underWay < atOnce) {
      const start = waiting.shift();
      if (!start) return;
      underWay++;
      start();
    }
  };
  return {
    run<T>(call: () => Promise<T>, undo?: (late: T) => void): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        let isOver = false;
        const start = (): void => {
          call()
            .then(
              (value) => {
                if (!isOver) resolve(value);
                else undo?.(value);
              },
              (error: Error) => reject(asUnavailable(error)),
            )
            .finally(() => {
              isOver = true;
              cancel();
              underWay--;
              next();
            });
        };
        const cancel = clock.after(patienceMs, () => {
          isOver = true;
          const at = waiting.indexOf(start);
          if (at >= 0) waiting.splice(at, 1);
          reject(new BlobsUnavailable('away', 'the disk does not answer'));
        });
        waiting.push(start);
        next();
      });
    },
  };
}

const KINDS: Readonly<Record<string, BlobsTrouble>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EACCES: 'not-allowed',
  EPERM: 'not-allowed',
  EROFS: 'not-allowed',
  // What a share says whose server went, came back, or was never mounted.
  ENOENT: 'away',
  ENOTDIR: 'away',
  ESTALE: 'away',
  ENODEV: 'away',
  ENXIO: 'away',
  ENOTCONN: 'away',
  ECONNRESET: 'away',
  ECONNREFUSED: 'away',
  EHOSTDOWN: 'away',
  EHOSTUNREACH: 'away',
  ENETDOWN: 'away',
  ENETUNREACH: 'away',
  ETIMEDOUT: 'away',
};

export const codeOf = (error: unknown): string | undefined => {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
};

/** What the system said as what it means. What is no error of the system stays what it is. */
function asUnavailable(error: Error): Error {
  const code = codeOf(error);
  if (error instanceof BlobsUnavailable || code === undefined) return error;
  return new BlobsUnavailable(
    KINDS[code] ?? 'failing',
    `the disk cannot do that now (${code})`,
    error,
  );
}

/** The system's code for why a call failed, where one is known. */
export const causeOf = (error: unknown): string | undefined =>
  error instanceof BlobsUnavailable ? codeOf(error.cause) : undefined;
