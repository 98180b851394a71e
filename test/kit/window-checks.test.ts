import { describe, expect, test } from 'vitest';
import type { TimelineRow } from '../../electron/bridge/views.ts';
import { createMoveWatch, noSilentGap, rowsInOrder, sameState, showsAll } from './window-checks.ts';

const message = (key: string, seq: number | null, order = seq ?? 1e9): TimelineRow => ({
  type: 'message',
  key,
  order,
  id: key,
  seq,
  author: 'ada',
  at: 1,
  text: 'x',
  editedAt: null,
  isDeleted: false,
  mentionsMe: false,
  delivery: seq === null ? { state: 'sending', isWaiting: true } : { state: 'sent' },
});
const hole = (from: number, to: number): TimelineRow => ({
  type: 'hole',
  key: `hole-${from}`,
  order: from,
  from,
  to,
});

describe('rows in order', () => {
  test('good rows', () => {
    expect(
      rowsInOrder([
        message('a', 1),
        hole(2, 4),
        message('b', 5),
        message('c', null),
        message('d', null, 2e9),
      ]),
    ).toEqual([]);
  });

  test.each([
    ['are the wrong way round', [message('b', 5), message('a', 1)]],
    ['share a place', [message('a', 1), message('b', 1)]],
    ['are one message twice', [message('a', 1), message('a', 2)]],
    ['stand below what is still to be sent', [message('p', null, 3), message('a', 4)]],
    ['have an order that is not their number', [message('a', 1), message('b', 5, 9)]],
    [
      'are called sent without a number',
      [{ ...message('p', null), delivery: { state: 'sent' } } as TimelineRow],
    ],
  ])('sees rows that %s', (_what, rows) => {
    expect(rowsInOrder(rows)).not.toEqual([]);
  });
});

describe('silent gaps', () => {
  test('numbers without a row of their own are no gap, nor is what a hole stands for', () => {
    expect(
      noSilentGap(
        [message('a', 1), message('b', 3), hole(4, 8), message('c', 9)],
        [1, 3, 5, 6, 9, 12],
      ),
    ).toEqual([]);
  });

  test('a row that is missing between two others is one', () => {
    expect(noSilentGap([message('a', 1), message('b', 3)], [1, 2, 3])).toEqual([
      'the row of 2 is missing, and no hole says so',
    ]);
  });

  test('a hole that is too short is one', () => {
    expect(
      noSilentGap([message('a', 1), hole(2, 3), message('b', 6)], [1, 2, 3, 4, 6]),
    ).toHaveLength(1);
  });
});

test('at rest the live end shows everything', () => {
  const view = {
    team: 't',
    channel: 'c',
    hasOlder: false,
    hasNewer: false,
    unreadAfter: null,
    target: null,
  };
  expect(showsAll({ ...view, rows: [message('a', 1), message('b', 3)] }, [1, 3])).toEqual([]);
  expect(showsAll({ ...view, rows: [message('a', 1)] }, [1, 3])).toHaveLength(1);
  expect(showsAll({ ...view, rows: [message('b', 3)] }, [1, 3])).toHaveLength(1);
  expect(showsAll({ ...view, rows: [message('b', 3)], hasOlder: true }, [1, 3])).toEqual([]);
  expect(showsAll({ ...view, rows: [message('a', 1)], hasNewer: true }, [1, 3])).toEqual([]);
});

test('a confirmed message neither moves nor turns unsent', () => {
  const watch = createMoveWatch();
  expect(watch.look([message('a', 1), message('p', null)])).toEqual([]);
  expect(watch.look([message('a', 1), message('p', 2)])).toEqual([]);
  expect(watch.look([message('a', 2)])).toEqual(['message a moved from 1 to 2']);
  expect(watch.look([message('p', null)])).toEqual(['message p moved from 2 to unsent']);
});

test('two states that differ differ somewhere', () => {
  expect(sameState({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([]);
  expect(sameState({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] })).toEqual([
    'the window differs from a fresh snapshot at /a/1/b: 2 and 3',
  ]);
  expect(sameState({ a: [1] }, { a: [1, 2] })).toEqual([
    'the window differs from a fresh snapshot at /a/1: nothing and 2',
  ]);
});
