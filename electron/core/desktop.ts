/**
 * The desktop core, wired. Reads top to bottom: the databases, what every team stands on, the teams, the windows, and the
 * doors to the world outside. Everything it needs from the world comes in as a port; it starts what was running before
 * it was closed, and `close` leaves nothing unwritten.
 */
import type { Sockets } from '../../doctor/ports.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { parseInviteLink } from '../../protocol/invite-link.ts';
import type { CommandHandlers, CommandName, CommandResult } from '../bridge/commands.ts';
import type { Batch } from '../bridge/events.ts';
import type {
  Notice,
  NoticeContent,
  Settings,
  WindowRequest,
  WindowState,
} from '../bridge/views.ts';
import { background, errorName } from './background.ts';
import { openData } from './cache/data.ts';
import type { TeamRecord } from './cache/ledger-rows.ts';
import { answer } from './commands/answer.ts';
import { createAccountCommands } from './commands/account-commands.ts';
import { createChannelCommands } from './commands/channel-commands.ts';
import type { Core } from './commands/core.ts';
import { createLineCommands } from './commands/line-commands.ts';
import { createMessageCommands } from './commands/message-commands.ts';
import { createTeamCommands } from './commands/team-commands.ts';
import { createTimelineCommands, openAt } from './commands/timeline-commands.ts';
import { createUnsentCommands } from './commands/unsent-commands.ts';
import { createWindowCommands } from './commands/window-commands.ts';
import { broadcast } from './events/broadcast.ts';
import { createWindow, type CoreWindow } from './events/window.ts';
import { createNewId } from './new-id.ts';
import { createAttention } from './notify/attention.ts';
import { createHerald } from './notify/herald.ts';
import { createIconState } from './notify/icon-state.ts';
import type {
  Clock,
  Host,
  LocalRelay,
  Log,
  Notifier,
  Random,
  RelayNet,
  SecretBox,
  Toast,
} from './ports.ts';
import { guardClock } from './guarded-clock.ts';
import { createHousekeeping } from './housekeeping.ts';
import { keepSettings, readSettings } from './settings.ts';
import { createRegistry } from './teams/registry.ts';
import { createTeam, isOnThisComputer, type Team } from './teams/team.ts';

export interface DesktopParts {
  /** Where the databases live, or `:memory:`. Opened by one process at a time. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly net: RelayNet;
  /** For the examination of a line, when a person asks for it. */
  readonly sockets: Sockets;
  readonly secrets: SecretBox;
  readonly notifier: Notifier;
  readonly localRelay: LocalRelay;
  readonly host: Host;
  readonly log: Log;
}

/** One window's end of the bridge. */
export interface WindowSession {
  /** Never throws: a name that is not in the table or an input of another shape is `bad-command`. */
  call<Name extends CommandName>(name: Name, input: unknown): Promise<CommandResult<Name>>;
  onBatch(listener: (batch: Batch) => void): () => void;
  dispose(): void;
}

export interface Desktop {
  openWindow(): WindowSession;
  notificationClicked(route: Toast['route']): void;
  /** A link of ours that the system handed over: `landline://join?…`. */
  openLink(url: string): void;
  /** The computer woke up: whatever looks open may be dead. */
  wake(): void;
  networkChanged(isOnline: boolean): void;
  /** Writes what is unwritten and lets go of everything. */
  close(): Promise<void>;
}

/** @throws SqliteFailure, DatabaseFromFuture  @see openData */
export function createDesktop(parts: DesktopParts): Desktop {
  const { random, net, sockets, secrets, notifier, localRelay, host, log } = parts;
  const clock = guardClock(parts.clock, (error) => {
    log.error('timer.failed', { error: errorName(error) });
    teams.failed(error);
  });
  const newId = createNewId({ clock, random });

  // --- the databases and what is kept in them

  const data = openData({ dir: parts.folder, clock, log });
  const kept = readSettings(data.ledger.rows);
  let settings: Settings = kept.settings;
  host.setTheme(settings.theme);

  // --- what all teams stand on

  const windows = new Map<CoreWindow, { readonly stopLooking: () => void }>();
  const { changes, listen } = broadcast();
  const attention = createAttention({ host });
  let request: WindowRequest | null = null;
  let requests = 0;
  let notices: readonly Notice[] = [];

  const notify = (content: NoticeContent): void => {
    if (notices.some((notice) => notice.kind === content.kind)) return;
    notices = [...notices, { id: newId(), ...content }];
    changes.notices();
  };
  const ask = (wanted: (n: number) => WindowRequest): void => {
    request = wanted(++requests);
    changes.requests();
  };

  const herald = createHerald({
    clock,
    notifier,
    host,
    attention,
    settings: () => settings,
    log,
    onFailed: () => notify({ kind: 'notification-failed' }),
  });

  // --- the teams

  /** Older messages can wait until the disk has had time to be emptied. */
  let fullUntil = 0;

  const makeTeam = (record: TeamRecord, onBroken: (error: unknown) => void): Team =>
    createTeam({
      record,
      ledger: data.ledger,
      cache: data.cache(),
      clock,
      random,
      net,
      sockets,
      secrets,
      log,
      changes,
      newId,
      settings: () => settings,
      mayBackfill: () => clock.monotonic() >= fullUntil,
      attention,
      herald,
      onBroken,
    });
  const teams = createRegistry({
    data,
    clock,
    secrets,
    log,
    changes,
    herald,
    newId,
    make: makeTeam,
    onFindings: (findings) => findings.forEach(notify),
    onUnwritable: (kind) => {
      fullUntil = clock.monotonic() + DEFAULT_LIMITS.rebuildAgainMs;
      notify({ kind });
    },
  });

  // --- what commands work on

  const core: Core = {
    data,
    clock,
    net,
    secrets,
    notifier,
    localRelay,
    host,
    log,
    newId,
    teams,
    settings: () => settings,
    setSettings: (next) => {
      settings = next;
      keepSettings(data.ledger.rows, next);
      host.setTheme(next.theme);
      for (const team of teams.all) team.settingsChanged();
      changes.settings();
    },
    tookRequest: (n) => {
      if (request?.n !== n) return;
      request = null;
      changes.requests();
    },
    dismissNotice: (id) => {
      notices = notices.filter((notice) => notice.id !== id);
      changes.notices();
    },
    notificationFailed: () => notify({ kind: 'notification-failed' }),
  };

  const app: WindowState['app'] = {
    version: host.version,
    host: host.kind,
    os: host.os,
    locale: host.locale,
    canHostTeam: localRelay.isAvailable,
  };

  // --- beginning

  const icon = createIconState({ clock, host, teams: () => teams.all });
  listen(icon.changes);
  teams.startAll();
  for (const team of teams.all)
    if (team.record.isHostedHere) background(startHosted(team), log, 'host-team');
  data.findings.forEach(notify);
  if (!kept.isWhole) notify({ kind: 'settings-reset' });
  if (!secrets.isProtected) notify({ kind: 'secrets-unprotected' });
  icon.refresh();
  const housekeeping = createHousekeeping({ data, clock, log, onFault: teams.failed });
  let isClosed = false;

  return {
    openWindow: () => {
      const listeners = new Set<(batch: Batch) => void>();
      const window: CoreWindow = createWindow({
        clock,
        app,
        settings: () => settings,
        teamOrder: () => teams.order,
        team: teams.get,
        request: () => request,
        notices: () => notices,
        emit: (batch) => {
          for (const listener of listeners) listener(batch);
        },
        reopen: (team, channel) => openAt({ core, window }, { team, channel, at: 'end' }),
      });
      const commandParts = { core, window };
      const handlers: CommandHandlers = {
        ...createWindowCommands(commandParts),
        ...createTeamCommands(commandParts),
        ...createLineCommands(commandParts),
        ...createTimelineCommands(commandParts),
        ...createMessageCommands(commandParts),
        ...createUnsentCommands(commandParts),
        ...createChannelCommands(commandParts),
        ...createAccountCommands(commandParts),
      };
      const answerParts = { handlers, log, told: window.told, onFault: teams.failed };
      const stopListening = listen(window.changes);
      windows.set(window, { stopLooking: attention.add(() => window.look) });
      return {
        call: (name, input) =>
          answer(answerParts, name, input) as Promise<CommandResult<typeof name>>,
        onBatch: (listener) => {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
        dispose: () => {
          stopListening();
          windows.get(window)?.stopLooking();
          windows.delete(window);
          window.dispose();
        },
      };
    },

    notificationClicked: (route) => {
      host.showWindow();
      const channel = teams.get(route.team)?.replica.channels.get(route.channel);
      if (channel)
        ask((n) => ({
          n,
          kind: 'go-to',
          team: route.team,
          channel: route.channel,
          message: route.message,
        }));
    },
    openLink: (url) => {
      const link = parseInviteLink(url);
      host.showWindow();
      if (link.ok) ask((n) => ({ n, kind: 'invite', link: url.trim() }));
    },
    wake: () => {
      for (const team of teams.all) team.connection.wake();
    },
    networkChanged: (isOnline) => {
      for (const team of teams.all)
        if (!isOnThisComputer(team.record.address)) team.connection.networkChanged(isOnline);
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      housekeeping.dispose();
      for (const window of windows.keys()) window.dispose();
      teams.dispose();
      icon.dispose();
      data.close();
    },
  };

  /** This computer runs the team's relay: it is started, and found where it listens today. */
  async function startHosted(team: Team): Promise<void> {
    const local = await localRelay.start();
    if (!local.ok) return notify({ kind: 'relay-crashed' });
    // The pin stays as it is: a relay that shows another key is another relay.
    if (local.value.address !== team.record.address) team.save({ address: local.value.address });
    team.connection.retry();
  }
}
