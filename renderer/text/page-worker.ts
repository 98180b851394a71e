/**
 * Starts the worker that colours code. The page's policy asks for Trusted Types: an address becomes
 * a worker's script only through the one policy of this name, which lets the one address through.
 */
import workerUrl from './highlight-worker.ts?worker&url';
import type { HighlightWorker, WorkerEvents } from './highlighter.ts';
import type { FromWorker } from './runs.ts';

const POLICY = 'landline-worker';

/** The part of Trusted Types that is needed; TypeScript's own library does not have it yet. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

const { trustedTypes } = window as { readonly trustedTypes?: TrustedTypes };

const createScriptURL = (url: string): string => {
  if (url !== workerUrl) throw new TypeError('only the worker that colours code may be started');
  return url;
};

const scriptUrl =
  trustedTypes?.createPolicy(POLICY, { createScriptURL }).createScriptURL(workerUrl) ?? workerUrl;

export function startPageWorker({ onMessage, onError }: WorkerEvents): HighlightWorker {
  const worker = new Worker(scriptUrl, { type: 'module', name: 'highlight' });
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => onMessage(data));
  worker.addEventListener('messageerror', onError);
  worker.addEventListener('error', onError);
  return {
    send: (job) => worker.postMessage(job),
    dispose: () => worker.terminate(),
  };
}
