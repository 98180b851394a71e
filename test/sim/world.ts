/**
 * A whole simulated team: one relay and some desktops in one process, on one clock, over one network, from one seed. Time moves timer by
 * timer, and between two timers everything settles, so a seed always gives the same run. It writes the history and collects what was
 * broken on the way; what to do with all this is the scenario's business.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits } from '../../protocol/limits.ts';
import type { RelayNet } from '../../electron/core/ports.ts';
import { createChance, type Chance } from '../kit/chance.ts';
import { createFakeClock, type FakeClock } from '../kit/fake-clock.ts';
import { createHistory, type History } from '../kit/history.ts';
import { createMemoryNet, type Frame, type MemoryNet } from '../kit/memory-net.ts';
import { createTurns, holdCrypto, type Turns } from '../kit/turns.ts';
import { createDesktopNode, type DesktopNode } from './desktop-node.ts';
import { createRelayNode, type RelayNode, type RelayWraps } from './relay-node.ts';

/** A fault on purpose, to see whether the checks find it. Nothing in the product knows of it. */
export interface Plant {
  readonly relay?: RelayWraps;
  readonly wrapNet?: (net: RelayNet, computer: string, chance: Chance) => RelayNet;
  /** Between the damage to a desktop's files and its next start. */
  readonly afterDamage?: (folder: string) => void;
  readonly filter?: (frame: Frame, chance: Chance) => readonly string[];
}

export interface WorldParts {
  readonly seed: string;
  /** A folder with `relay` and one folder for each computer, as they were left in good order; none for an empty world. */
  readonly template?: string;
  /** computer → the member who sits at it. */
  readonly people: Readonly<Record<string, string>>;
  readonly limits?: Partial<Limits>;
  readonly stopsInSleep?: boolean;
  readonly plant?: Plant;
  readonly startAt?: number;
  /** Hears everything that happens, with its moment, for a person who looks into a seed. */
  readonly trace?: (words: string) => void;
}

export interface World {
  readonly clock: FakeClock;
  readonly turns: Turns;
  readonly net: MemoryNet;
  readonly chance: Chance;
  readonly history: History;
  readonly relay: RelayNode;
  readonly desktops: readonly DesktopNode[];
  memberAt(computer: string): string;
  /** Promises broken so far, in words. */
  readonly broken: readonly string[];
  breaks(words: string): void;
  /** For a person who looks into a seed. */
  note(words: string): void;
  /** Moves time, timer by timer. Ends early when something was broken. */
  advance(ms: number): Promise<void>;
  /** Runs a step of the scenario to its end without moving time, unless it waits for time itself. */
  settle(): Promise<void>;
  /** Moves time until the promise is there. */
  wait<T>(work: Promise<T>, mostMs?: number): Promise<T>;
  dispose(): Promise<void>;
}

/** Memory instead of a disk, where there is some: a run opens hundreds of files. */
export const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
export const START = Date.UTC(2026, 0, 5, 9);

export function createWorld({
  seed,
  template,
  people,
  limits,
  stopsInSleep = true,
  plant = {},
  startAt = START,
  trace,
}: WorldParts): World {
  const folder = mkdtempSync(join(SCRATCH, 'landline-sim-'));
  const chance = createChance(seed);
  const clock = createFakeClock(startAt);
  const turns = createTurns();
  const giveCryptoBack = holdCrypto(turns);
  const history = createHistory();
  const broken: string[] = [];
  const note = (words: string): void =>
    trace?.(`${(clock.monotonic() / 1_000).toFixed(3)} ${words}`);
  const breaks = (words: string): void => {
    broken.push(words);
    note(`BROKEN ${words}`);
  };
  const plantChance = chance.fork('plant');
  const memberAt = (computer: string): string => people[computer] ?? '';
  const { filter, wrapNet } = plant;
  const net = createMemoryNet({
    clock,
    chance: chance.fork('net'),
    onFrame: (frame) => {
      history.hear(frame, memberAt(frame.computer));
      note(`${frame.computer} ${frame.way === 'up' ? '->' : '<-'} ${frame.text.slice(0, 500)}`);
    },
    ...(filter ? { filter: (frame) => filter(frame, plantChance) } : {}),
  });
  for (const place of ['relay', ...Object.keys(people)]) {
    if (template === undefined) mkdirSync(join(folder, place, 'data'), { recursive: true });
    else cpSync(join(template, place), join(folder, place), { recursive: true });
  }
  const hasGoneBack = (): boolean => history.all('restored').length > 0;
  const relay = createRelayNode({
    world: clock,
    turns,
    net,
    seed,
    folder: join(folder, 'relay'),
    ...(limits ? { limits } : {}),
    ...(plant.relay ? { wraps: plant.relay } : {}),
    onError: breaks,
    hasGoneBack,
    onWentBack: () => history.add({ kind: 'restored' }),
    note,
  });
  const desktops = Object.keys(people).map((name) =>
    createDesktopNode({
      name,
      world: clock,
      net,
      seed,
      folder: join(folder, name),
      stopsInSleep,
      onBroken: breaks,
      hasGoneBack,
      note,
      onToast: (message) => history.add({ kind: 'toast', computer: name, message }),
      onKilled: (wasAsleep) =>
        history.add({ kind: 'killed', computer: name, atMs: clock.monotonic(), wasAsleep }),
      ...(plant.afterDamage ? { afterDamage: plant.afterDamage } : {}),
      ...(wrapNet ? { wrapNet: (own: RelayNet) => wrapNet(own, name, plantChance) } : {}),
    }),
  );

  const advance = async (ms: number): Promise<void> => {
    const until = clock.monotonic() + ms;
    await turns.settle();
    for (
      let next = clock.nextAt;
      next !== undefined && next <= until && broken.length === 0;
      next = clock.nextAt
    ) {
      clock.runNext();
      await turns.settle();
    }
    if (broken.length === 0) clock.advance(until - clock.monotonic());
  };

  return {
    clock,
    turns,
    net,
    chance,
    history,
    relay,
    desktops,
    memberAt,
    broken,
    breaks,
    note,
    advance,
    settle: () => turns.settle(),
    wait: async (work, mostMs = 60_000) => {
      let done: { readonly ok: true } | { readonly ok: false } | undefined;
      work.then(
        () => (done = { ok: true }),
        () => (done = { ok: false }),
      );
      const until = clock.monotonic() + mostMs;
      await turns.settle();
      while (!done && clock.nextAt !== undefined && clock.nextAt <= until) {
        clock.runNext();
        await turns.settle();
      }
      if (!done) throw new Error('waited in vain');
      return work;
    },
    dispose: async () => {
      for (const desktop of desktops) await desktop.dispose();
      await relay.dispose();
      giveCryptoBack();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
