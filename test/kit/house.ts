/**
 * A relay's core and desktops in one process, on a clock that only the test moves: each desktop with its plug, its window as a page
 * would see it, and its folder, so that it can be closed and opened again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enrol, plugOf, type Plug } from './core-net.ts';
import { openTestDesktop, type TestDesktop } from './desktop-kit.ts';
import {
  createRelayKit,
  settle,
  type Person,
  type RelayKit,
  type RelayKitOptions,
} from './relay-kit.ts';
import { createSeededRandom } from './seeded-random.ts';

export interface Desk {
  readonly plug: Plug;
  readonly folder: string;
  /** The desktop that runs now. */
  readonly now: TestDesktop;
  /** Closes it in good order and opens it again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface House {
  readonly kit: RelayKit;
  desk(who: Person): Promise<Desk>;
  /** Everything happens that is due within `ms`, each timer with what follows from it. */
  rest(ms?: number): Promise<void>;
  dispose(): Promise<void>;
}

export const TEAM = 'here';

export async function createHouse(options: RelayKitOptions = {}): Promise<House> {
  const kit = await createRelayKit(options);
  const base = mkdtempSync(join(tmpdir(), 'landline-house-'));
  const desks: Desk[] = [];

  const rest = async (ms = 50): Promise<void> => {
    await settle();
    const until = kit.clock.monotonic() + ms;
    for (let at = kit.clock.nextAt; at !== undefined && at <= until; at = kit.clock.nextAt) {
      kit.clock.runNext();
      await settle(4);
    }
    kit.clock.advance(until - kit.clock.monotonic());
    await settle(4);
  };

  return {
    kit,
    rest,
    async desk(who) {
      const folder = join(base, `desk-${desks.length}`);
      const session = await enrol(kit, who, folder, kit.clock);
      const plug = plugOf(kit, who, session);
      let starts = 0;
      const open = (): Promise<TestDesktop> =>
        openTestDesktop({
          folder,
          clock: kit.clock,
          random: createSeededRandom(`${folder.length}/${++starts}`),
          net: plug.net,
        });
      let now = await open();
      const desk: Desk = {
        plug,
        folder,
        get now() {
          return now;
        },
        async restart() {
          await now.close();
          await settle();
          now = await open();
          await rest();
        },
        close: () => now.close(),
      };
      desks.push(desk);
      await rest();
      return desk;
    },
    async dispose() {
      for (const desk of desks) await desk.close();
      await kit.dispose();
      rmSync(base, { recursive: true, force: true });
    },
  };
}
