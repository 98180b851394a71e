/**
 * The standing rule of the bridge: a snapshot plus the batches after it equals a fresh snapshot.
 * A desktop's core and a relay's core go through a long seeded history. After every step, the window
 * that only applied batches is compared with one built from the database, and its counts with the
 * desktop's file and the relay's store.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEEDS, WEIGHTS } from './standing-deeds.ts';
import { check, checkCounts, lookIn, rest, teamOf, worldOf } from './standing-world.ts';

const STEPS = Number(process.env['STANDING_STEPS'] ?? 400);
const SEEDS = (process.env['STANDING_SEEDS'] ?? 'one two three').split(' ');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-standing-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(SEEDS)(
  'a window that only applies batches shows what a new one would, at every step of a long history (%s)',
  async (seed) => {
    const world = await worldOf(seed, folder);
    try {
      await lookIn(world);
      await check(world, 'the start');
      for (let step = 1; step <= STEPS; step++) {
        const deed = world.chance.weighted(WEIGHTS);
        await DEEDS[deed]?.run(world);
        await check(world, `step ${step}, ${deed}`);
      }
      // In the end everything is said, whole and the same on both sides.
      world.plug.put();
      world.desktop.wake();
      await rest(world, 120_000);
      await check(world, 'the end');
      const joined = Object.values(teamOf(world.mirror).channels).filter(
        (channel) => channel.isJoined,
      );
      expect(await checkCounts(world, 'the end')).toEqual(joined.map(({ id }) => id));
      expect(teamOf(world.mirror).team.wire).toMatchObject({
        state: 'live',
        isCatchingUp: false,
        door: 'socket',
      });
      expect(teamOf(world.mirror).team.outbox.waiting).toBe(0);
    } finally {
      world.session.dispose();
      await world.desktop.close();
      await world.kit.dispose();
    }
  },
);
