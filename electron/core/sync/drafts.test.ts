/** Drafts on a disk that fails: what is in memory stays, and is written when the disk takes it again. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import { openData, type Data } from '../cache/data.ts';
import type { Changes } from '../events/changes.ts';
import { guardClock } from '../guarded-clock.ts';
import { createDrafts, type Drafts } from './drafts.ts';

const TEAM = { id: 'here', key: 1 };
const FIELD = { channel: 'general', message: null };
const nothing = (): undefined => undefined;
const silent = { info: nothing, warn: nothing, error: nothing };

let clock: FakeClock;
let data: Data;
let isFull: boolean;
let faults: unknown[];
let drafts: Drafts;
beforeEach(() => {
  clock = createFakeClock(1_000);
  data = openData({ dir: ':memory:', clock, log: silent });
  isFull = false;
  faults = [];
  drafts = createDrafts({
    team: TEAM,
    db: data.ledger.db,
    rows: data.ledger.drafts,
    names: {
      of: () => null,
      remember: () => {
        if (isFull) throw new Error('the disk is full');
      },
      keepOnly: nothing,
    },
    clock: guardClock(clock, (error) => faults.push(error)),
    changes: { unsent: nothing, channel: nothing } as unknown as Changes,
  });
});
afterEach(() => data.close());

const onDisk = (): readonly string[] => data.ledger.drafts.all(TEAM.key).map(({ text }) => text);

test('a draft that the disk refused is written later, though nothing more is typed', () => {
  isFull = true;
  drafts.set(FIELD, 'precious');
  clock.advance(250);
  expect([onDisk(), faults.length, drafts.get(FIELD)?.text]).toEqual([[], 1, 'precious']);
  isFull = false;
  clock.advance(5_000);
  expect(onDisk()).toEqual(['precious']);
});

test('a message that the disk refused leaves its draft, in memory and on disk', () => {
  drafts.set(FIELD, 'precious');
  drafts.flush();
  expect(() =>
    data.ledger.db.transaction('send', () => {
      drafts.removeWithin(FIELD);
      throw new Error('the disk is full');
    }),
  ).toThrow('full');
  expect([onDisk(), drafts.get(FIELD)?.text, drafts.has('general')]).toEqual([
    ['precious'],
    'precious',
    true,
  ]);
});
