/**
 * One open window as the core sees it: what it looks at, its timeline, and what it has still to be told. It listens to
 * the changes of the whole core and turns them into batches; its snapshot and its batches are made from the same views.
 */
import type { Batch, BridgeEvent, Snapshot } from '../../bridge/events.ts';
import type {
  Notice,
  Settings,
  TeamState,
  WindowRequest,
  WindowState,
} from '../../bridge/views.ts';
import type { Look } from '../notify/attention.ts';
import type { Clock } from '../ports.ts';
import type { Team } from '../teams/team.ts';
import { channelViewOf, memberViewOf, teamStateOf, teamViewOf } from '../views/team-view.ts';
import type { Timeline } from '../views/timeline.ts';
import { unsentChanges, unsentOf } from '../views/unsent.ts';
import type { Changes } from './changes.ts';
import { createOutgoing } from './outgoing.ts';

export interface WindowParts {
  readonly clock: Clock;
  readonly app: WindowState['app'];
  readonly settings: () => Settings;
  readonly teamOrder: () => readonly string[];
  readonly team: (id: string) => Team | undefined;
  readonly request: () => WindowRequest | null;
  readonly notices: () => readonly Notice[];
  readonly emit: (batch: Batch) => void;
  /** Opens a channel at its live end; undefined when there is no such channel now. */
  readonly reopen: (team: string, channel: string) => Timeline | undefined;
}

export interface CoreWindow {
  readonly changes: Changes;
  look: Look;
  readonly timeline: Timeline | null;
  /** Another timeline is open now, or none. */
  setTimeline(timeline: Timeline | null): void;
  /** The open timeline has rows or edges that are to be told. */
  rowsChanged(): void;
  snapshot(): Snapshot;
  /** Resolves when the window has been told everything that is due. */
  told(): Promise<void>;
  dispose(): void;
}

export function createWindow(parts: WindowParts): CoreWindow {
  const { clock, app, settings, teamOrder, team: teamOf, request, notices, emit, reopen } = parts;
  let timeline: Timeline | null = null;
  /** What was opened last and not closed. Its team may be resynchronised from nothing: then it opens again when it is back. */
  let wanted: { readonly team: string; readonly channel: string } | null = null;

  const inTeam = (
    id: string,
    make: (team: Team) => BridgeEvent | undefined,
  ): BridgeEvent | undefined => {
    const team = teamOf(id);
    return team && make(team);
  };

  /** What the window holds of each team's `unsent`. */
  const givenUnsent = new Map<string, TeamState['unsent']>();
  const wholeOf = (team: Team): TeamState => {
    const state = teamStateOf(team);
    givenUnsent.set(team.id, state.unsent);
    return state;
  };

  const outgoing = createOutgoing({
    clock,
    emit,
    tell: {
      settings: () => ({ kind: 'settings', settings: settings() }),
      teamOrder: () => ({ kind: 'team-order', order: [...teamOrder()] }),
      teamState: (id) =>
        inTeam(id, (team) => ({ kind: 'team-state', team: id, state: wholeOf(team) })),
      team: (id) => inTeam(id, (team) => ({ kind: 'team', team: id, view: teamViewOf(team) })),
      channels: (id, ids) =>
        inTeam(id, (team) => {
          const known = [...ids].flatMap((channel) => team.replica.channels.get(channel) ?? []);
          const gone = [...ids].filter((channel) => !team.replica.channels.has(channel));
          return {
            kind: 'channels',
            team: id,
            channels: known.map((channel) => channelViewOf(team, channel)),
            gone,
          };
        }),
      members: (id, ids) =>
        inTeam(id, (team) => {
          const members = [...ids].flatMap((member) => team.replica.members.get(member) ?? []);
          return { kind: 'members', team: id, members: members.map(memberViewOf) };
        }),
      unsent: (id) =>
        inTeam(id, (team) => {
          const before = givenUnsent.get(id);
          if (before === undefined) return undefined;
          const after = unsentOf(team);
          givenUnsent.set(id, after);
          const changed = unsentChanges(before, after);
          return changed && { kind: 'unsent', team: id, ...changed };
        }),
      presence: (id, ids) =>
        inTeam(id, (team) => ({
          kind: 'presence',
          team: id,
          members: Object.fromEntries(
            [...ids].map((member) => [member, team.live.presenceOf(member)]),
          ),
        })),
      typing: (id, channel) =>
        inTeam(id, (team) => ({
          kind: 'typing',
          team: id,
          channel,
          members: team.live.typingIn(channel),
        })),
      timeline: () => ({ kind: 'timeline', timeline: timeline?.view() ?? null }),
      rows: () => timeline?.changes(),
      requests: () => ({ kind: 'request', request: request() }),
      notices: () => ({ kind: 'notices', notices: [...notices()] }),
    },
  });

  const isOpen = (team: string, channel: string): boolean =>
    timeline?.team === team && timeline.channel === channel;

  const restore = (): void => {
    const restored = wanted && reopen(wanted.team, wanted.channel);
    if (!restored && timeline === null) return;
    timeline = restored ?? null;
    outgoing.timeline();
  };

  const changes: Changes = {
    settings: () => {
      outgoing.settings();
      timeline?.touchAll();
    },
    teamOrder: outgoing.teamOrder,
    teamState: (team) => {
      outgoing.team(team, (due) => (due.isWhole = true));
      if (wanted?.team === team) restore();
    },
    teamGone: (team) => {
      outgoing.teamGone(team);
      givenUnsent.delete(team);
      if (timeline?.team === team) window.setTimeline(null);
    },
    // A team changes with its outbox and with its connection, and what is out of sight with both.
    team: (team) => outgoing.team(team, (due) => (due.isTeam = due.isUnsent = true)),
    channel: (team, channel) => {
      outgoing.team(team, (due) => {
        due.channels.add(channel);
        due.isUnsent = true;
      });
      if (timeline === null && wanted?.team === team && wanted.channel === channel) restore();
    },
    // The people of a conversation are its name.
    member: (team, member) =>
      outgoing.team(team, (due) => {
        due.members.add(member);
        due.isUnsent = true;
      }),
    unsent: (team) => outgoing.team(team, (due) => (due.isUnsent = true)),
    presence: (team, member) => outgoing.team(team, (due) => due.presence.add(member)),
    typing: (team, channel) => outgoing.team(team, (due) => due.typing.add(channel)),
    message: (team, channel, message) => {
      if (isOpen(team, channel)) timeline?.touchMessage(message);
      if (teamOf(team)?.drafts.hasEdit(message) === true) changes.unsent(team);
    },
    note: (team, channel, seq) => {
      if (isOpen(team, channel)) timeline?.touchNote(seq);
    },
    stretch: (team, channel) => {
      if (isOpen(team, channel)) timeline?.touchStretch();
    },
    requests: outgoing.requests,
    notices: outgoing.notices,
  };

  const window: CoreWindow = {
    changes,
    look: { team: null, channel: null, isAtEnd: false, isFocused: false },
    get timeline() {
      return timeline;
    },
    setTimeline: (next) => {
      timeline = next;
      wanted = next && { team: next.team, channel: next.channel };
      outgoing.timeline();
    },
    rowsChanged: outgoing.rows,
    snapshot: () => {
      const n = outgoing.snapshot();
      const order = [...teamOrder()];
      const teams = Object.fromEntries(
        order.flatMap((id) => teamOf(id) ?? []).map((team) => [team.id, wholeOf(team)]),
      );
      const state: WindowState = {
        app,
        settings: settings(),
        teamOrder: order,
        teams,
        timeline: timeline?.view() ?? null,
        request: request(),
        notices: [...notices()],
      };
      return { n, state };
    },
    told: outgoing.told,
    dispose: outgoing.dispose,
  };
  return window;
}
