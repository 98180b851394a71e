import { describe, expect, it } from 'vitest';
import type { MessageRow, TimelineRow, TimelineView } from '../../../electron/bridge/views.ts';
import { layOut } from './items.ts';

const T0 = new Date(2026, 2, 11, 9, 0).getTime();
const MINUTE = 60_000;

const message = (
  seq: number,
  author: string,
  minutes: number,
  more: Partial<MessageRow> = {},
): MessageRow => ({
  type: 'message',
  key: `m${seq}`,
  order: seq,
  id: `m${seq}`,
  seq,
  author,
  at: T0 + minutes * MINUTE,
  text: 'x',
  editedAt: null,
  isDeleted: false,
  mentionsMe: false,
  delivery: { state: 'sent' },
  ...more,
});
const note = (seq: number, minutes: number): TimelineRow => ({
  type: 'note',
  key: `n${seq}`,
  order: seq,
  seq,
  at: T0 + minutes * MINUTE,
  by: 'ada',
  note: { kind: 'created' },
});
const timeline = (
  rows: readonly TimelineRow[],
  more: Partial<TimelineView> = {},
): TimelineView => ({
  team: 't',
  channel: 'c',
  rows: [...rows],
  hasOlder: false,
  hasNewer: false,
  unreadAfter: null,
  target: null,
  ...more,
});
const shape = (view: TimelineView, me = 'me'): readonly string[] =>
  layOut(view, me).map((item) =>
    item.kind === 'message' ? `${item.key}${item.isContinued ? '+' : ''}` : item.kind,
  );

describe('groups', () => {
  it('join messages of one author within five minutes', () => {
    expect(
      shape(
        timeline([
          message(1, 'ada', 0),
          message(2, 'ada', 4),
          message(3, 'ada', 10),
          message(4, 'lin', 11),
        ]),
      ),
    ).toEqual(['start', 'day', 'm1', 'm2+', 'm3', 'm4']);
  });

  it('end at a note, a hole and a deleted message', () => {
    const hole: TimelineRow = { type: 'hole', key: 'h', order: 4.5, from: 4, to: 5 };
    expect(
      shape(
        timeline([
          message(1, 'ada', 0),
          note(2, 1),
          message(3, 'ada', 2),
          hole,
          message(6, 'ada', 3),
          message(7, 'ada', 3, { isDeleted: true }),
          message(8, 'ada', 4),
        ]),
      ),
    ).toEqual(['start', 'day', 'm1', 'note', 'm3', 'hole', 'm6', 'm7+', 'm8']);
  });

  it('end at midnight, though only a minute passed', () => {
    const lateAt = new Date(2026, 2, 11, 23, 59).getTime();
    expect(
      shape(
        timeline([
          message(1, 'ada', 0, { at: lateAt }),
          message(2, 'ada', 0, { at: lateAt + MINUTE }),
        ]),
      ),
    ).toEqual(['start', 'day', 'm1', 'day', 'm2']);
  });
});

describe('the unread line', () => {
  it('stands above the first message of others after the mark, and breaks the group', () => {
    const rows = [
      message(1, 'ada', 0),
      message(2, 'me', 1),
      message(3, 'ada', 2),
      message(4, 'ada', 3),
    ];
    expect(shape(timeline(rows, { unreadAfter: 1 }))).toEqual([
      'start',
      'day',
      'm1',
      'm2',
      'unread',
      'm3',
      'm4+',
    ]);
  });

  it('is not drawn when all that follows is one’s own or still to be sent', () => {
    const rows = [
      message(1, 'ada', 0),
      message(2, 'me', 1),
      message(3, 'me', 2, { seq: null, order: 1e12 }),
    ];
    expect(shape(timeline(rows, { unreadAfter: 1 }))).toEqual(['start', 'day', 'm1', 'm2', 'm3+']);
  });
});

it('edges say what is beyond them', () => {
  const items = layOut(timeline([message(1, 'ada', 0)], { hasOlder: true, hasNewer: true }), 'me');
  expect([items[0]?.kind, items.at(-1)?.kind]).toEqual(['older', 'newer']);
});

it('a new row makes a new item and leaves the others the very same', () => {
  const rows = [message(1, 'ada', 0), message(2, 'ada', 1)];
  const before = layOut(timeline(rows), 'me');
  const after = layOut(timeline([...rows, message(3, 'lin', 2)]), 'me', before);
  expect(after.slice(1, -1).every((item, at) => item === before[at + 1])).toBe(true);
});

it('the line of a day keeps its key when older messages of that day come before it', () => {
  const before = layOut(timeline([message(5, 'ada', 30)], { hasOlder: true }), 'me');
  const after = layOut(
    timeline([message(4, 'ada', 10), message(5, 'ada', 30)], { hasOlder: true }),
    'me',
    before,
  );
  expect(after.map((item) => item.key)).toEqual(['older', before[1]?.key, 'm4', 'm5']);
});

it('no two items have the same key', () => {
  const rows = [message(1, 'ada', 0), message(2, 'ada', -2 * 24 * 60), message(3, 'ada', 1)];
  const keys = layOut(timeline(rows), 'me').map((item) => item.key);
  expect(new Set(keys).size).toBe(keys.length);
});
