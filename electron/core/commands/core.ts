/**
 * What commands work on: the standing parts of the desktop. One object, made once in `desktop.ts`.
 */
import type { Result } from '../../../protocol/result.ts';
import type { Problem } from '../../bridge/commands.ts';
import type { Settings } from '../../bridge/views.ts';
import type { Data } from '../cache/data.ts';
import type { CoreWindow } from '../events/window.ts';
import type { NewId } from '../new-id.ts';
import type { Clock, Host, LocalRelay, Log, Notifier, RelayNet, SecretBox } from '../ports.ts';
import { problem } from '../problems.ts';
import type { ChannelState } from '../sync/replica.ts';
import type { Registry } from '../teams/registry.ts';
import type { Team } from '../teams/team.ts';

export interface Core {
  readonly data: Data;
  readonly clock: Clock;
  readonly net: RelayNet;
  readonly secrets: SecretBox;
  readonly notifier: Notifier;
  readonly localRelay: LocalRelay;
  readonly host: Host;
  readonly log: Log;
  readonly newId: NewId;
  readonly teams: Registry;
  readonly settings: () => Settings;
  setSettings(settings: Settings): void;
  tookRequest(n: number): void;
  dismissNotice(id: string): void;
  /** The system refused a notification. */
  notificationFailed(): void;
}

export interface CommandParts {
  readonly core: Core;
  readonly window: CoreWindow;
}

export type Answer<T> = Promise<Result<T, Problem>>;

/** Runs with the team, or answers that there is none. */
export async function withTeam<T>(
  { teams }: Core,
  id: string,
  run: (team: Team) => Answer<T>,
): Answer<T> {
  const team = teams.get(id);
  return team ? run(team) : problem('not-found');
}

/** The same with a channel of it that the person is in or may see. */
export const withChannel = <T>(
  core: Core,
  at: { readonly team: string; readonly channel: string },
  run: (team: Team, channel: ChannelState) => Answer<T>,
): Answer<T> =>
  withTeam(core, at.team, async (team) => {
    const channel = team.replica.channels.get(at.channel);
    return channel ? run(team, channel) : problem('not-found');
  });
