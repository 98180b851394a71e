/** The contract of the presence port, over every adapter there is. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Presence } from '../../protocol/entities.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { createLocalPresence } from '../../server/adapters/presence-local.ts';
import { strongest, type PresenceBoard } from '../../server/ports/presence.ts';

const ADAPTERS = [{ name: 'local', open: createLocalPresence }];
const [ADA, BO] = ['ada', 'bo'] as unknown as [MemberId, MemberId];

describe.each(ADAPTERS)('presence ($name)', ({ open }) => {
  let board: PresenceBoard;
  let told: [MemberId, Presence][];
  beforeEach(() => {
    board = open();
    told = [];
    board.listen((changes) => told.push(...changes));
  });

  test('shows what was put last, and nobody who is gone', async () => {
    await board.put(ADA, 'here');
    await board.put(BO, 'dnd');
    await board.put(ADA, 'away');
    await board.put(BO, 'gone');
    expect([...(await board.snapshot())]).toEqual([[ADA, 'away']]);
  });

  test('tells changes, and nothing that changes nothing', async () => {
    await board.put(ADA, 'gone');
    await board.put(ADA, 'here');
    await board.put(ADA, 'here');
    await board.put(ADA, 'gone');
    expect(told).toEqual([
      [ADA, 'here'],
      [ADA, 'gone'],
    ]);
  });

  test('gives out a snapshot that does not change by itself', async () => {
    await board.put(ADA, 'here');
    const snapshot = await board.snapshot();
    await board.put(ADA, 'gone');
    expect([...snapshot]).toEqual([[ADA, 'here']]);
  });

  test('is empty and silent after the close', async () => {
    await board.put(ADA, 'here');
    await board.close();
    expect((await board.snapshot()).size).toBe(0);
  });
});

test('do not disturb is stronger than here, here than away, away than gone', () => {
  expect([strongest([]), strongest(['away', 'gone']), strongest(['away', 'here']), strongest(['here', 'dnd', 'away'])]).toEqual([
    'gone',
    'away',
    'here',
    'dnd',
  ]);
});
