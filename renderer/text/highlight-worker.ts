/**
 * The worker that colours code. It takes one job at a time; the window ends it when a job takes too
 * long.
 */
import { highlight } from './highlight.ts';
import type { FromWorker, HighlightJob } from './runs.ts';

const send = (message: FromWorker): void => self.postMessage(message);

self.addEventListener('message', ({ data }: MessageEvent<HighlightJob>) => {
  send({ type: 'runs', runs: highlight(data.code, data.language) });
});
send({ type: 'ready' });
