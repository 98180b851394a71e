/**
 * The desktop's core as it runs in the app, without a window's pixels: real databases, the real line with its pinned key, one window
 * whose state is the snapshot with its batches applied. Only what belongs to the operating system is played.
 */
import { performance } from 'node:perf_hooks';
import { answer } from '../kit/remote.ts';
import { usageAtRest } from '../kit/usage.ts';
import type { Snapshot } from '../../electron/bridge/events.ts';
import type { TeamState, WindowState } from '../../electron/bridge/views.ts';
import type { Desktop, WindowSession } from '../../electron/core/desktop.ts';
import type { Host, LocalRelay, Log, Notifier, SecretBox } from '../../electron/core/ports.ts';
import type { Invitation } from './team-relay.ts';

export interface Start {
  /** Loading the program. */
  readonly importMs: number;
  /** From `createDesktop` until the window holds the whole state. */
  readonly snapshotMs: number;
  readonly channels: number;
}

export interface Page {
  /** From the question until the newest page of the channel is in the window's state. */
  readonly pageMs: number;
  readonly rows: number;
}

export interface CaughtUp {
  /** From the beginning of `createDesktop`. */
  readonly sinceStartMs: number;
  /** From the moment the line was live. */
  readonly sinceLiveMs: number;
  /** CPU time of all threads, from the beginning of `createDesktop`: what a busy machine does not stretch. */
  readonly cpuMs: number;
  readonly unread: number;
}

const nothing = (): void => undefined;
const log: Log = {
  info: nothing,
  warn: nothing,
  error: (event, fields) => console.error(event, fields),
};
const host: Host = {
  kind: 'browser',
  os: process.platform,
  locale: 'en-GB',
  version: '0.0.0-bench',
  idleSeconds: () => 0,
  isFocusModeOn: () => false,
  openLink: async () => undefined,
  writeClipboard: nothing,
  setBadge: nothing,
  setTray: nothing,
  callAttention: nothing,
  showWindow: nothing,
  setTheme: nothing,
};
const notifier: Notifier = { show: async () => 'shown', clear: nothing };
const localRelay: LocalRelay = {
  isAvailable: false,
  start: async () => ({ ok: false, error: 'cannot-host' }),
  wasSetUp: nothing,
};
const secrets: SecretBox = {
  seal: (plain) => new Uint8Array(Buffer.from(plain)),
  unseal: (sealed) => Buffer.from(sealed).toString(),
  isProtected: true,
};

let desktop: Desktop | undefined;
let session: WindowSession | undefined;
let snapshot: Snapshot | undefined;
let startedAt = 0;
let cpuAtStart = process.cpuUsage();
let liveAt = 0;
let onChange: () => void = nothing;

const state = (): WindowState => {
  if (snapshot === undefined) throw new Error('no window is open');
  return snapshot.state;
};
const team = (): TeamState | undefined => Object.values(state().teams)[0];
const isCaughtUp = (): boolean => {
  const wire = team()?.team.wire;
  return wire?.state === 'live' && !wire.isCatchingUp;
};

function until(is: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    onChange = () => {
      if (!is()) return;
      onChange = nothing;
      resolve();
    };
    onChange();
  });
}

async function start(folder: string): Promise<Start> {
  const beganAt = performance.now();
  const [
    { createDesktop },
    { applyBatch },
    { createRelayNet },
    { createSystemClock, createSystemRandom },
    { systemSockets },
  ] = await Promise.all([
    import('../../electron/core/desktop.ts'),
    import('../../electron/bridge/apply-event.ts'),
    import('../../electron/core/connection/relay-socket.ts'),
    import('../../electron/host/system-clock.ts'),
    import('../../doctor/sockets.ts'),
  ]);
  startedAt = performance.now();
  cpuAtStart = process.cpuUsage();
  const clock = createSystemClock();
  const net = createRelayNet({ clock });
  desktop = createDesktop({
    folder,
    clock,
    random: createSystemRandom(),
    net,
    sockets: systemSockets,
    secrets,
    notifier,
    localRelay,
    host,
    log,
  });
  session = desktop.openWindow();
  session.onBatch((batch) => {
    if (snapshot === undefined) return;
    snapshot = applyBatch(snapshot, batch);
    if (liveAt === 0 && team()?.team.wire.state === 'live') liveAt = performance.now();
    onChange();
  });
  const opened = await session.call('open', {});
  if (!opened.ok) throw new Error(opened.error.kind);
  snapshot = opened.value;
  const snapshotMs = performance.now() - startedAt;
  return {
    importMs: startedAt - beganAt,
    snapshotMs,
    channels: Object.keys(team()?.channels ?? {}).length,
  };
}

answer({
  start: ({ folder }: { readonly folder: string }) => start(folder),

  setUp: async ({
    folder,
    invitation,
  }: {
    readonly folder: string;
    readonly invitation: Invitation;
  }) => {
    await start(folder);
    const account = {
      name: 'Ada',
      handle: 'ada',
      password: 'correct horse battery',
      device: 'Bench',
    };
    const done = await session?.call('team.setup', {
      ...invitation,
      teamName: 'Bench',
      ...account,
    });
    if (done?.ok !== true) throw new Error(JSON.stringify(done));
    await until(isCaughtUp);
  },

  untilChannels: ({ count }: { readonly count: number }) =>
    until(() => Object.keys(team()?.channels ?? {}).length >= count),

  /** Until every one of `channels` channels says `each` unread, and the wire that all has come. */
  untilUnread: async ({
    channels,
    each,
  }: {
    readonly channels: number;
    readonly each: number;
  }): Promise<CaughtUp> => {
    const counts = (): readonly number[] =>
      Object.values(team()?.channels ?? {}).map(({ unread }) => unread);
    await until(
      () => isCaughtUp() && counts().filter((unread) => unread === each).length === channels,
    );
    const now = performance.now();
    const { user, system } = process.cpuUsage(cpuAtStart);
    const unread = counts().reduce((sum, unread) => sum + unread, 0);
    return {
      sinceStartMs: now - startedAt,
      sinceLiveMs: now - liveAt,
      cpuMs: (user + system) / 1_000,
      unread,
    };
  },

  openChannel: async ({ at }: { readonly at: number }): Promise<Page> => {
    const here = team();
    const channel = Object.keys(here?.channels ?? {})[at];
    if (here === undefined || channel === undefined) throw new Error(`there is no channel ${at}`);
    const askedAt = performance.now();
    const opened = await session?.call('timeline.open', { team: here.team.id, channel, at: 'end' });
    if (opened?.ok !== true) throw new Error(JSON.stringify(opened));
    await until(() => state().timeline?.channel === channel);
    return { pageMs: performance.now() - askedAt, rows: state().timeline?.rows.length ?? 0 };
  },

  usageAtRest: () => usageAtRest(),

  close: async () => {
    session?.dispose();
    await desktop?.close();
  },
});
