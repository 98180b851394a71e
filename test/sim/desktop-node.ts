/**
 * A desktop as one computer of a simulated world: the real core on its own clock, folder and network, with one window. The window's
 * state is a snapshot and the batches after it, nothing else, and is watched at every batch. It can be killed at any of its points (what
 * was on the disk is what the next start finds), restarted in good order, put to sleep, and have its clock set.
 */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandInput, CommandName, CommandResult } from '../../electron/bridge/commands.ts';
import { applyBatch } from '../../electron/bridge/apply-event.ts';
import type { Snapshot } from '../../electron/bridge/events.ts';
import type { ChannelView, TeamState, WindowState } from '../../electron/bridge/views.ts';
import { FLUSH_MS } from '../../electron/core/events/outgoing.ts';
import { createDesktop, type Desktop, type WindowSession } from '../../electron/core/desktop.ts';
import type { RelayNet } from '../../electron/core/ports.ts';
import {
  createTestHost,
  createTestSecrets,
  NO_RELAY,
  NO_SOCKETS,
  type TestHost,
} from '../kit/desktop-kit.ts';
import type { FakeClock } from '../kit/fake-clock.ts';
import type { Computer, MemoryNet } from '../kit/memory-net.ts';
import { createNodeClock, type NodeClock } from '../kit/node-clock.ts';
import { createSeededRandom } from '../kit/seeded-random.ts';
import { createMoveWatch, rowsInOrder, sameState } from '../kit/window-checks.ts';
import { createFuse, type Fuse } from './fuse.ts';

/** `send`: something is on the disk and about to leave. `hear`: something came in and was taken in. `tell`: about to tell the window. */
export type DesktopPoint = 'send' | 'hear' | 'tell';

export interface DesktopNodeParts {
  readonly name: string;
  readonly world: FakeClock;
  readonly net: MemoryNet;
  readonly seed: string;
  /** Holds the desktop's folder `data`; each start after a kill gets another one beside it. */
  readonly folder: string;
  readonly stopsInSleep: boolean;
  /** A promise was broken, or something was logged as an error. */
  /** The relay's store is, or was once, another one than what it had said. */
  readonly hasGoneBack: () => boolean;
  readonly onBroken: (words: string) => void;
  readonly onToast: (message: string) => void;
  readonly onKilled: (wasAsleep: boolean) => void;
  readonly note?: (words: string) => void;
  /** For planted faults. */
  readonly wrapNet?: (net: RelayNet) => RelayNet;
  readonly afterDamage?: (folder: string) => void;
}

export interface DesktopNode {
  readonly name: string;
  readonly isUp: boolean;
  readonly isAsleep: boolean;
  readonly fuse: Fuse<DesktopPoint>;
  readonly host: TestHost;
  readonly computer: Computer;
  /** Where its files are, or were last. */
  readonly dataFolder: string;
  /** What the window shows; undefined before its first snapshot. */
  readonly state: WindowState | undefined;
  readonly team: TeamState | undefined;
  channels(): readonly ChannelView[];
  start(): void;
  kill(isSilent: boolean): void;
  /** While it is not running: from now on it may say that its files were damaged. */
  damage(run: (folder: string) => void): void;
  /** In good order. */
  stop(): Promise<void>;
  sleep(): void;
  /** @param isTold  whether the system tells the core that it woke up */
  wake(isTold: boolean): void;
  networkChanged(isOnline: boolean): void;
  setSkew(ms: number): void;
  /** Undefined when the process died before it answered. */
  call<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
  ): Promise<CommandResult<Name> | undefined>;
  /** The window is made anew. */
  reload(): void;
  /** The window as it stands against one made now; undefined while it has something still to be told. */
  compareWindow(): Promise<readonly string[] | undefined>;
  dispose(): Promise<void>;
}

interface Running {
  readonly desktop: Desktop;
  readonly clock: NodeClock;
  readonly computer: Computer;
  isDead: boolean;
  died: () => void;
  readonly death: Promise<undefined>;
}

interface Shown {
  readonly session: WindowSession;
  snapshot: Snapshot | undefined;
}

export function createDesktopNode(parts: DesktopNodeParts): DesktopNode {
  const { name, world, net, seed, folder, stopsInSleep, onBroken } = parts;
  const host = createTestHost();
  const zombies: Desktop[] = [];
  let starts = 0;
  let wasDamaged = false;
  let home = join(folder, 'data');
  let skewMs = 0;
  let running: Running | undefined;
  let shown: Shown | undefined;
  let moves = createMoveWatch();
  const fuse = createFuse<DesktopPoint>(() => kill(false));

  const start = (): void => {
    if (running) return;
    starts++;
    parts.note?.(`${name} starts`);
    moves = createMoveWatch();
    const clock = createNodeClock({ world, skewMs, stopsInSleep });
    const computer = net.computer(name, clock);
    let died: () => void = () => undefined;
    const death = new Promise<undefined>((resolve) => (died = () => resolve(undefined)));
    const now = { isDead: false, died, death };
    const watched = watchedNet(computer.net, fuse, () => now.isDead);
    const desktop = createDesktop({
      folder: home,
      clock,
      random: createSeededRandom(`${seed}/${name}/${starts}`),
      net: parts.wrapNet?.(watched) ?? watched,
      sockets: NO_SOCKETS,
      secrets: createTestSecrets(),
      notifier: {
        show: async (toast) => {
          if (!now.isDead) parts.onToast(toast.route.message);
          return 'shown';
        },
        clear: () => undefined,
      },
      localRelay: NO_RELAY,
      host,
      log: {
        info: (event, fields) => parts.note?.(`${name} ${event} ${JSON.stringify(fields ?? {})}`),
        warn: (event, fields) => {
          parts.note?.(`${name} ${event} ${JSON.stringify(fields ?? {})}`);
          const isSuspicious =
            (SUSPICIOUS.has(event) && !(wasDamaged && event === 'data.put-aside')) ||
            (event === 'relay.has-another-history' && !parts.hasGoneBack());
          if (!now.isDead && isSuspicious)
            onBroken(`${name}: ${event} ${JSON.stringify(fields ?? {})}`);
        },
        error: (event, fields) => {
          if (!now.isDead && !(wasDamaged && isOfDamage(event, fields)))
            onBroken(`${name}: ${event} ${JSON.stringify(fields ?? {})}`);
        },
      },
    });
    running = Object.assign(now, { desktop, clock, computer });
    openWindow();
  };

  const openWindow = (): void => {
    const of = running;
    if (!of) return;
    shown?.session.dispose();
    const session = of.desktop.openWindow();
    const mine: Shown = { session, snapshot: undefined };
    shown = mine;
    session.onBatch((batch) => {
      fuse.pass('tell');
      if (of.isDead || shown !== mine || !mine.snapshot) return;
      // After a resync with a relay that went back, a message may stand elsewhere.
      if (batch.events.some(({ kind }) => kind === 'team-state')) moves = createMoveWatch();
      mine.snapshot = applyBatch(mine.snapshot, batch);
      look(mine.snapshot);
    });
    void session.call('open', {}).then((answer) => {
      if (of.isDead || shown !== mine) return;
      if (!answer.ok) return onBroken(`${name}: open failed: ${answer.error.kind}`);
      mine.snapshot = answer.value;
      look(answer.value);
    });
  };

  const look = ({ state }: Snapshot): void => {
    const { timeline } = state;
    if (!timeline) return;
    for (const words of [...rowsInOrder(timeline.rows), ...moves.look(timeline.rows)])
      onBroken(`window of ${name}: ${words}`);
  };

  const kill = (isSilent: boolean): void => {
    const dying = running;
    if (!dying) return;
    running = undefined;
    shown = undefined;
    parts.note?.(`${name} is killed`);
    fuse.putOut();
    parts.onKilled(dying.clock.isAsleep);
    dying.isDead = true;
    dying.clock.kill();
    dying.computer.kill(isSilent);
    home = imageOf(home, join(folder, `after-kill-${starts}`));
    zombies.push(dying.desktop);
    dying.died();
  };

  const stop = async (): Promise<void> => {
    const leaving = running;
    if (!leaving) return;
    running = undefined;
    shown?.session.dispose();
    shown = undefined;
    fuse.putOut();
    await leaving.desktop.close();
    leaving.isDead = true;
    leaving.clock.kill();
    leaving.computer.kill(false);
    leaving.died();
  };

  const need = (): Running => {
    if (!running) throw new Error(`${name} is not running`);
    return running;
  };

  return {
    name,
    get isUp() {
      return running !== undefined;
    },
    get isAsleep() {
      return running?.clock.isAsleep ?? false;
    },
    fuse,
    host,
    get computer() {
      return need().computer;
    },
    get dataFolder() {
      return home;
    },
    get state() {
      return shown?.snapshot?.state;
    },
    get team() {
      return teamOf(shown?.snapshot?.state);
    },
    channels: () => Object.values(teamOf(shown?.snapshot?.state)?.channels ?? {}),
    start,
    kill,
    damage: (run) => {
      wasDamaged = true;
      run(home);
      parts.afterDamage?.(home);
    },
    stop,
    sleep: () => running?.clock.sleep(),
    wake: (isTold) => {
      running?.clock.wake();
      running?.computer.wake();
      if (isTold) running?.desktop.wake();
    },
    networkChanged: (isOnline) => running?.desktop.networkChanged(isOnline),
    setSkew: (ms) => {
      skewMs = ms;
      running?.clock.setSkew(ms);
    },
    call: async (command, input) => {
      const of = need();
      const session = shown?.session ?? of.desktop.openWindow();
      const answer = await Promise.race([session.call(command, input), of.death]);
      // A bug has no other way to show itself to a window.
      if (answer && !answer.ok && answer.error.kind === 'internal')
        onBroken(`${name}: ${command} failed`);
      return of.isDead ? undefined : answer;
    },
    reload: openWindow,
    compareWindow: async () => {
      const mine = shown;
      const of = running;
      if (!mine?.snapshot || !of || of.clock.isAsleep || !of.clock.isQuietFor(FLUSH_MS + 1))
        return undefined;
      const built = mine.snapshot.state;
      const fresh = await mine.session.call('open', {});
      if (of.isDead || shown !== mine) return undefined;
      if (!fresh.ok) return [`open failed in ${name}`];
      mine.snapshot = fresh.value;
      return sameState(built, fresh.value.state).map((words) => `${name}: ${words}`);
    },
    dispose: async () => {
      kill(true);
      for (const zombie of zombies) await zombie.close().catch(() => undefined);
    },
  };
}

/** Warnings that mean that a relay or a desktop of ours has said something it may not say. */
const SUSPICIOUS: ReadonlySet<string> = new Set([
  'page.broken',
  'relay.behind-us',
  'data.put-aside',
]);

/** What a desktop logs as an error when it meets damage and mends it. */
const isOfDamage = (
  event: string,
  fields: Readonly<Record<string, unknown>> | undefined,
): boolean =>
  event === 'team.unreadable' ||
  event === 'ledger.lost' ||
  String(fields?.['error']).startsWith('SqliteFailure');

const teamOf = (state: WindowState | undefined): TeamState | undefined => {
  const id = state?.teamOrder[0];
  return id === undefined ? undefined : state?.teams[id];
};

/** What is on the disk at this instant. */
function imageOf(from: string, to: string): string {
  mkdirSync(to, { mode: 0o700 });
  for (const file of readdirSync(from))
    if (!file.endsWith('-shm')) copyFileSync(join(from, file), join(to, file));
  return to;
}

function watchedNet(net: RelayNet, fuse: Fuse<DesktopPoint>, isDead: () => boolean): RelayNet {
  return {
    ...net,
    dial: async (target, token, events) => {
      const dialed = await net.dial(target, token, {
        ...events,
        onText: (text) => {
          events.onText(text);
          fuse.pass('hear');
        },
      });
      if (!dialed.ok) return dialed;
      const socket = dialed.value;
      const send = (text: string): void => {
        fuse.pass('send');
        if (!isDead()) socket.send(text);
      };
      return { ok: true, value: { ...socket, send } };
    },
  };
}
