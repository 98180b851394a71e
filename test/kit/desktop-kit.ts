/**
 * A desktop with one window, seen the way a page sees it: the state is a snapshot with the batches applied, nothing else. `until`
 * waits for what the window shows and not for time; it gives up a little before the test does, to say what it waited for.
 */
import type {
  CommandInput,
  CommandName,
  CommandOutput,
  Problem,
} from '../../electron/bridge/commands.ts';
import { applyBatch } from '../../electron/bridge/apply-event.ts';
import type { Snapshot } from '../../electron/bridge/events.ts';
import type {
  ChannelView,
  MessageRow,
  TeamState,
  WindowState,
} from '../../electron/bridge/views.ts';
import {
  createDesktop,
  type Desktop,
  type DesktopParts,
  type WindowSession,
} from '../../electron/core/desktop.ts';
import type {
  Host,
  LocalRelay,
  Log,
  Notifier,
  SecretBox,
  Toast,
} from '../../electron/core/ports.ts';
import type { Sockets } from '../../doctor/ports.ts';
import { fail } from '../../protocol/result.ts';

export interface TestHost extends Host {
  idle: number;
  isFocusMode: boolean;
  badge: { readonly count: number; readonly hasUnread: boolean };
  readonly opened: string[];
  attention: number;
  shown: number;
}

export interface TestNotifier extends Notifier {
  answer: 'shown' | 'failed' | 'unsupported';
  readonly shown: Toast[];
  readonly cleared: string[];
}

export interface TestDesktop {
  readonly desktop: Desktop;
  readonly session: WindowSession;
  readonly host: TestHost;
  readonly notifier: TestNotifier;
  readonly lines: {
    readonly event: string;
    readonly fields: Readonly<Record<string, unknown>> | undefined;
  }[];
  readonly state: WindowState;
  /** The one team, where there is one. */
  readonly team: TeamState;
  channel(name: string): ChannelView;
  /** The messages of the open timeline, as they stand. */
  readonly messages: readonly MessageRow[];
  /** Calls and expects it to work. */
  call<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
  ): Promise<CommandOutput<Name>>;
  /** Calls and expects it to be refused. */
  refused<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<Problem>;
  until(what: string, is: (state: WindowState) => boolean): Promise<void>;
  /** A snapshot made anew, without touching what the window holds. */
  fresh(): Promise<Snapshot>;
  close(): Promise<void>;
}

export async function openTestDesktop(
  parts: Pick<DesktopParts, 'folder' | 'clock' | 'random' | 'net'> & {
    readonly localRelay?: LocalRelay;
    readonly secrets?: SecretBox;
    readonly sockets?: Sockets;
  },
): Promise<TestDesktop> {
  const host = createTestHost();
  const notifier = createTestNotifier();
  const lines: TestDesktop['lines'] = [];
  const desktop = createDesktop({
    localRelay: NO_RELAY,
    sockets: NO_SOCKETS,
    secrets: createTestSecrets(),
    ...parts,
    host,
    notifier,
    log: keepingLog(lines),
  });
  const session = desktop.openWindow();
  const waiters = new Set<() => void>();
  let snapshot: Snapshot | undefined;
  session.onBatch((batch) => {
    if (snapshot) snapshot = applyBatch(snapshot, batch);
    for (const waiter of [...waiters]) waiter();
  });
  const opened = await session.call('open', {});
  if (!opened.ok) throw new Error(opened.error.kind);
  snapshot = opened.value;

  const now = (): WindowState => (snapshot as Snapshot).state;
  const teamNow = (): TeamState => {
    const id = now().teamOrder[0];
    const team = id === undefined ? undefined : now().teams[id];
    if (!team) throw new Error('there is no team');
    return team;
  };

  return {
    desktop,
    session,
    host,
    notifier,
    lines,
    get state() {
      return now();
    },
    get team() {
      return teamNow();
    },
    channel(name) {
      const found = Object.values(teamNow().channels).find((channel) => channel.name === name);
      if (!found) throw new Error(`there is no channel ${name}`);
      return found;
    },
    get messages() {
      return (now().timeline?.rows ?? []).filter(
        (row): row is MessageRow => row.type === 'message',
      );
    },
    async call(name, input) {
      const answer = await session.call(name, input);
      if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.error)}`);
      return answer.value;
    },
    async refused(name, input) {
      const answer = await session.call(name, input);
      if (answer.ok) throw new Error(`${name} was not refused`);
      return answer.error;
    },
    until: (what, is) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!is(now())) return;
          waiters.delete(check);
          clearTimeout(limit);
          resolve();
        };
        const limit = setTimeout(() => {
          waiters.delete(check);
          reject(new Error(`waited in vain until ${what}`));
        }, PATIENCE_MS);
        waiters.add(check);
        check();
      }),
    async fresh() {
      const other = desktop.openWindow();
      const answer = await other.call('open', {});
      other.dispose();
      if (!answer.ok) throw new Error(answer.error.kind);
      return answer.value;
    },
    async close() {
      session.dispose();
      await desktop.close();
    },
  };
}

const PATIENCE_MS = 50_000;

export const NO_RELAY: LocalRelay = {
  isAvailable: false,
  start: async () => fail('cannot-host'),
  wasSetUp: () => undefined,
};

const noSockets = async (): Promise<never> => {
  throw new Error('this computer has no sockets');
};
export const NO_SOCKETS: Sockets = {
  lookUp: noSockets,
  reach: noSockets,
  secure: noSockets,
  get: noSockets,
  hear: noSockets,
  upgrade: noSockets,
};

/** Seals by turning the bytes round: enough to see whether a secret lies about in the clear. */
export function createTestSecrets(): SecretBox {
  return {
    seal: (plain) => new Uint8Array(Buffer.from(plain, 'utf8').reverse()),
    unseal: (sealed) => Buffer.from(sealed).reverse().toString('utf8'),
    isProtected: true,
  };
}

export function createTestHost(): TestHost {
  const host: TestHost = {
    kind: 'browser',
    os: 'linux',
    locale: 'en-GB',
    version: '0.0.0-test',
    idle: 0,
    isFocusMode: false,
    badge: { count: 0, hasUnread: false },
    opened: [],
    attention: 0,
    shown: 0,
    idleSeconds: () => host.idle,
    isFocusModeOn: () => host.isFocusMode,
    openLink: async (url) => void host.opened.push(url),
    writeClipboard: () => undefined,
    setBadge: (badge) => (host.badge = badge),
    setTray: () => undefined,
    callAttention: () => host.attention++,
    showWindow: () => host.shown++,
    setTheme: () => undefined,
  };
  return host;
}

export function createTestNotifier(): TestNotifier {
  const notifier: TestNotifier = {
    answer: 'shown',
    shown: [],
    cleared: [],
    show: async (toast) => {
      notifier.shown.push(toast);
      return notifier.answer;
    },
    clear: (tag) => void notifier.cleared.push(tag),
  };
  return notifier;
}

export function keepingLog(lines: TestDesktop['lines'] = []): Log {
  const keep = (event: string, fields?: Readonly<Record<string, unknown>>): void =>
    void lines.push({ event, fields });
  return { info: keep, warn: keep, error: keep };
}
