/**
 * What goes wrong in a simulated world, drawn from the seed: lines cut or dead, weather, programs killed at one of their points, computers
 * asleep, clocks set, a full disk. Each fault ends by itself after a while; `calm` ends them all.
 */
import type { Chance } from '../kit/chance.ts';
import { FAIR } from '../kit/memory-net.ts';
import { damageFiles } from './damage-files.ts';
import type { DesktopNode } from './desktop-node.ts';
import type { World } from './world.ts';

export const FAULTS = [
  'cut',
  'cut-late',
  'cut-after',
  'hole',
  'offline',
  'weather',
  'kill-relay',
  'fuse-relay',
  'stop-relay',
  'sleep-relay',
  'disk-full',
  'relay-clock',
  'relay-clock-far',
  'kill-desktop',
  'fuse-desktop',
  'restart-desktop',
  'sleep-desktop',
  'desktop-clock',
  'damaged-files',
  'back-up',
  'go-back',
  'copy-by-hand',
  'hand-copy',
  'lost-log',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Faults {
  strike(fault: Fault): void;
  /** Whatever is down without anybody seeing to it comes back after a while. */
  tend(): void;
  /** Everything is well from now on: programs run, computers are awake, the network is fair. Lines that died silently stay dead. */
  calm(): Promise<void>;
}

const HOUR_MS = 60 * 60_000;
const MONTH_MS = 30 * 24 * HOUR_MS;

export function createFaults(world: World, chance: Chance): Faults {
  const { clock, net, relay, desktops } = world;
  const returning = new Set<string>();
  /** Desktops whose system told them that there is no network. */
  const toldOffline = new Set<DesktopNode>();
  let isCalm = false;

  /** Short things often, long things now and then. */
  const aWhile = (mostMs: number): number => Math.round(10 * (mostMs / 10) ** chance.fraction());
  const later = (ms: number, run: () => void): void =>
    void clock.after(ms, () => {
      if (!isCalm) run();
    });
  const upDesktop = (): DesktopNode | undefined => {
    const up = desktops.filter(({ isUp }) => isUp);
    return up.length > 0 ? chance.pick(up) : undefined;
  };

  const comeBack = (name: string, start: () => void): void => {
    if (returning.has(name)) return;
    returning.add(name);
    clock.after(aWhile(20_000), () => {
      returning.delete(name);
      start();
    });
  };

  const tend = (): void => {
    if (!relay.isUp) comeBack('relay', relay.start);
    for (const desktop of desktops) if (!desktop.isUp) comeBack(desktop.name, desktop.start);
  };

  const breakLine = (how: 'cut' | 'cut-late' | 'cut-after' | 'hole'): void => {
    const line = upDesktop()?.computer.lines()[0];
    if (!line) return;
    const hears = (): number | null =>
      chance.happens(0.2) ? null : chance.int(0, chance.happens(0.7) ? 50 : 8_000);
    if (how === 'cut-after') line.cutAfter(chance.pick(['up', 'down'] as const), chance.int(1, 8));
    else if (how === 'hole') {
      const ways = chance.pick([['up'], ['down'], ['up', 'down']] as const);
      for (const way of ways) line[way].hole();
      later(aWhile(90_000), () => {
        for (const way of ways) line[way].heal();
      });
    } else
      line.cut({ clientHearsMs: hears(), relayHearsMs: hears(), isUpLate: how === 'cut-late' });
  };

  const loseNetwork = (): void => {
    const desktop = upDesktop();
    if (!desktop) return;
    const { computer } = desktop;
    computer.setOnline(false);
    for (const line of computer.lines()) {
      line.up.hole();
      line.down.hole();
    }
    const isTold = chance.happens(0.5);
    if (isTold) {
      toldOffline.add(desktop);
      desktop.networkChanged(false);
    }
    later(aWhile(60_000), () => {
      computer.setOnline(true);
      for (const line of computer.lines()) {
        line.up.heal();
        line.down.heal();
      }
      if (isTold && desktop.isUp) {
        toldOffline.delete(desktop);
        desktop.networkChanged(true);
      }
    });
  };

  const restart = (desktop: DesktopNode): void =>
    void desktop
      .stop()
      .catch((error: unknown) => world.breaks(`${desktop.name} does not close: ${String(error)}`));

  const strike = (fault: Fault): void => {
    const desktop = upDesktop();
    switch (fault) {
      case 'cut':
      case 'cut-late':
      case 'cut-after':
      case 'hole':
        return breakLine(fault);
      case 'offline':
        return loseNetwork();
      case 'weather': {
        const mostDelayMs = chance.pick([5, 50, 400, 3_000]);
        const share = (): number => (chance.happens(0.5) ? 0 : chance.fraction() * 0.5);
        net.weather = {
          leastDelayMs: 0,
          mostDelayMs,
          lost: share(),
          answerLost: share(),
          ghost: share(),
        };
        return;
      }
      case 'kill-relay':
        return relay.kill(chance.happens(0.3));
      case 'fuse-relay':
        return relay.fuse.light(
          chance.pick(['write', 'commit', 'send'] as const),
          chance.int(1, 12),
        );
      case 'stop-relay':
        return void relay
          .stop()
          .catch((error: unknown) => world.breaks(`the relay does not stop: ${String(error)}`));
      case 'sleep-relay':
        relay.sleep();
        return later(aWhile(60_000), relay.wake);
      case 'disk-full':
        relay.setDiskFull(true);
        return later(aWhile(30_000), () => relay.setDiskFull(false));
      case 'relay-clock':
        // Small, as NTP does.
        return relay.setSkew(chance.int(-20_000, 20_000));
      case 'relay-clock-far':
        // Months ahead, or in 1971 after a start without a battery, until somebody sets it.
        relay.setSkew(chance.pick([9 * MONTH_MS, -55 * 12 * MONTH_MS]));
        return later(aWhile(120_000), () => relay.setSkew(0));
      case 'damaged-files':
        if (!desktop) return;
        desktop.kill(false);
        return desktop.damage((folder) => {
          const { words, ops, channels } = damageFiles(folder, chance);
          world.note(`${desktop.name} is damaged: ${words}`);
          world.history.add({ kind: 'damaged', computer: desktop.name, ops, channels });
        });
      case 'back-up':
        return void relay
          .backUp()
          .catch((error: unknown) => world.breaks(`no backup: ${String(error)}`));
      case 'go-back':
        if (relay.goBack()) world.history.add({ kind: 'restored' });
        return;
      case 'copy-by-hand':
        return relay.copyByHand();
      case 'hand-copy':
        if (!relay.putCopyBack()) return;
        // Half of the time while it runs, which notices nothing until it ends.
        return chance.happens(0.5)
          ? relay.kill(chance.happens(0.3))
          : later(aWhile(20_000), () => relay.kill(chance.happens(0.3)));
      case 'lost-log':
        relay.stopKeeping();
        return later(aWhile(20_000), () => relay.kill(chance.happens(0.3)));
      case 'kill-desktop':
        return desktop?.kill(chance.happens(0.3));
      case 'fuse-desktop':
        return desktop?.fuse.light(
          chance.pick(['send', 'hear', 'tell'] as const),
          chance.int(1, 12),
        );
      case 'restart-desktop':
        return desktop && !desktop.isAsleep ? restart(desktop) : undefined;
      case 'sleep-desktop':
        if (!desktop) return;
        desktop.sleep();
        return later(aWhile(20 * 60_000), () => desktop.wake(chance.happens(0.8)));
      case 'desktop-clock':
        return desktop?.setSkew(
          chance.pick([0, chance.int(-HOUR_MS, HOUR_MS), chance.int(-9e10, 9e10)]),
        );
    }
  };

  return {
    strike,
    tend,
    calm: async () => {
      isCalm = true;
      net.weather = FAIR;
      relay.setDiskFull(false);
      relay.setSkew(0);
      relay.fuse.putOut();
      relay.keepFiles();
      relay.wake();
      // A drain that was under way comes to its end first.
      await world.advance(15_000);
      relay.start();
      for (const desktop of desktops) {
        desktop.fuse.putOut();
        desktop.start();
        desktop.computer.setOnline(true);
        if (desktop.isAsleep) desktop.wake(true);
        if (toldOffline.has(desktop)) desktop.networkChanged(true);
        for (const line of desktop.computer.lines()) {
          if (chance.happens(0.3))
            line.cut({ clientHearsMs: null, relayHearsMs: null, isUpLate: false });
          line.up.heal();
          line.down.heal();
        }
      }
      await world.settle();
    },
  };
}
