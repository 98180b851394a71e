/** For work that nobody waits for: it may fail, but never unheard. */
import { BlobsUnavailable } from '../ports/blobs.ts';
import type { Log } from '../ports/log.ts';
import { StoreUnavailable } from '../ports/store.ts';

export function background(work: Promise<unknown>, log: Log, what: string): void {
  work.catch((error: unknown) => {
    if (error instanceof StoreUnavailable) log.warn('store-unavailable', { what });
    else if (error instanceof BlobsUnavailable)
      log.warn('blobs-unavailable', { what, kind: error.kind });
    else log.error('background-failed', { what }, error);
  });
}
