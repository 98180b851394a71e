/** Colouring with a worker that the test plays, and a clock that the test moves. */
import { expect, it } from 'vitest';
import { HIGHLIGHT_MS, KEPT_BLOCKS, MOST_FAILED_STARTS, WORKER_START_MS } from './bounds.ts';
import { createHighlighter, type WorkerEvents } from './highlighter.ts';
import type { HighlightJob, Run } from './runs.ts';

const job = (code: string): HighlightJob => ({ code, language: 'ts' });
const runsOf = (code: string): readonly Run[] => [{ shade: 'keyword', text: code }];

function createStage({ refuses = false } = {}) {
  const workers: { readonly events: WorkerEvents; readonly jobs: string[]; isEnded: boolean }[] =
    [];
  const timers = new Set<{ readonly at: number; readonly act: () => void }>();
  let now = 0;
  let starts = 0;
  const highlighter = createHighlighter({
    startWorker: (events) => {
      starts++;
      if (refuses) throw new TypeError('refused by the policy');
      const worker = { events, jobs: [] as string[], isEnded: false };
      workers.push(worker);
      return {
        send: ({ code }) => void worker.jobs.push(code),
        dispose: () => void (worker.isEnded = true),
      };
    },
    after: (ms, act) => {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  });
  const results: [string, 'coloured' | 'plain'][] = [];
  return {
    highlighter,
    results,
    workers,
    starts: () => starts,
    colour: (code: string) =>
      highlighter.highlight(job(code), (runs) =>
        results.push([code, runs === null ? 'plain' : 'coloured']),
      ),
    ready: (at: number) => workers[at]?.events.onMessage({ type: 'ready' }),
    answer: (at: number) =>
      workers[at]?.events.onMessage({
        type: 'runs',
        runs: runsOf(workers[at].jobs.at(-1) ?? ''),
      }),
    pass(ms: number) {
      now += ms;
      for (const timer of [...timers]) if (timer.at <= now && timers.delete(timer)) timer.act();
    },
  };
}

it('a worker starts with the first block, and takes one block at a time', () => {
  const stage = createStage();
  expect(stage.starts()).toBe(0);
  stage.colour('a');
  stage.colour('b');
  expect(stage.workers[0]?.jobs).toEqual([]);
  stage.ready(0);
  expect(stage.workers[0]?.jobs).toEqual(['a']);
  stage.answer(0);
  expect(stage.workers[0]?.jobs).toEqual(['a', 'b']);
  stage.answer(0);
  expect(stage.results).toEqual([
    ['a', 'coloured'],
    ['b', 'coloured'],
  ]);
});

it(`a block that takes ${HIGHLIGHT_MS} ms ends the worker and stays plain; the next has another`, () => {
  const stage = createStage();
  stage.colour('slow');
  stage.colour('next');
  stage.ready(0);
  stage.pass(HIGHLIGHT_MS - 1);
  expect([stage.workers[0]?.isEnded, stage.results]).toEqual([false, []]);
  stage.pass(1);
  expect([stage.workers[0]?.isEnded, stage.results]).toEqual([true, [['slow', 'plain']]]);
  stage.ready(1);
  stage.answer(1);
  expect(stage.results.at(-1)).toEqual(['next', 'coloured']);
  // It is known now: the worker is not given it again at the next opening.
  stage.colour('slow');
  expect(stage.results.at(-1)).toEqual(['slow', 'plain']);
  expect(stage.workers[1]?.jobs).toEqual(['next']);
});

it('a late answer of a worker that was ended colours nothing', () => {
  const stage = createStage();
  stage.colour('slow');
  stage.colour('next');
  stage.ready(0);
  stage.pass(HIGHLIGHT_MS);
  stage.answer(0);
  stage.ready(1);
  expect(stage.results).toEqual([['slow', 'plain']]);
  expect(stage.workers[1]?.jobs).toEqual(['next']);
});

it('a block is coloured once, however often it is shown, and its runs are there at once', () => {
  const stage = createStage();
  stage.colour('a');
  stage.colour('a');
  stage.ready(0);
  stage.answer(0);
  stage.colour('a');
  expect(stage.workers[0]?.jobs).toEqual(['a']);
  expect(stage.results).toHaveLength(3);
  expect(stage.highlighter.peek(job('a'))).toEqual(runsOf('a'));
  expect(stage.highlighter.peek({ code: 'a', language: 'go' })).toBeUndefined();
});

it(`${KEPT_BLOCKS} results are kept, the one used longest ago going first`, () => {
  const stage = createStage();
  stage.colour('0');
  stage.ready(0);
  stage.answer(0);
  for (let at = 1; at <= KEPT_BLOCKS; at++) {
    stage.colour(String(at));
    stage.answer(0);
    stage.highlighter.peek(job('1'));
  }
  expect(stage.highlighter.peek(job('0'))).toBeUndefined();
  expect(stage.highlighter.peek(job('1'))).toBeDefined();
});

it('a block that left the view before its turn is not coloured', () => {
  const stage = createStage();
  const leave = stage.colour('a');
  stage.colour('b');
  leave();
  stage.ready(0);
  stage.answer(0);
  expect(stage.workers[0]?.jobs).toEqual(['b']);
  expect(stage.results).toEqual([['b', 'coloured']]);
});

it('a worker that dies in the middle leaves its block plain, and another goes on', () => {
  const stage = createStage();
  stage.colour('a');
  stage.colour('b');
  stage.ready(0);
  stage.workers[0]?.events.onError();
  stage.ready(1);
  stage.answer(1);
  expect(stage.results).toEqual([
    ['a', 'plain'],
    ['b', 'coloured'],
  ]);
});

it('where no worker may start all code stays plain, and none is started for ever', () => {
  const stage = createStage({ refuses: true });
  stage.colour('a');
  stage.colour('b');
  expect(stage.results).toEqual([
    ['a', 'plain'],
    ['b', 'plain'],
  ]);
  expect(stage.starts()).toBe(MOST_FAILED_STARTS);
});

it(`a worker that does not start within ${WORKER_START_MS} ms counts as one that may not`, () => {
  const stage = createStage();
  stage.colour('a');
  for (let at = 0; at < MOST_FAILED_STARTS; at++) stage.pass(WORKER_START_MS);
  expect(stage.results).toEqual([['a', 'plain']]);
  expect(stage.starts()).toBe(MOST_FAILED_STARTS);
});
