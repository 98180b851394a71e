/**
 * What each event of the bridge means to the window's state, as pure functions. The standing rule: a snapshot, plus the events after it,
 * equals a fresh snapshot. Stands apart from the schemas so that the window carries no schema library with it.
 */
import type { Batch, BridgeEvent, Snapshot } from './events.ts';
import type { TeamState, TimelineRow, TimelineView, WindowState } from './views.ts';

export function applyEvent(state: WindowState, event: BridgeEvent): WindowState {
  switch (event.kind) {
    case 'settings':
      return { ...state, settings: event.settings };
    case 'team-order':
      return { ...state, teamOrder: event.order };
    case 'team-state':
      return { ...state, teams: { ...state.teams, [event.team]: event.state } };
    case 'team':
      return inTeam(state, event.team, (team) => ({ ...team, team: event.view }));
    case 'team-gone': {
      const { [event.team]: _gone, ...teams } = state.teams;
      return { ...state, teams, teamOrder: state.teamOrder.filter((id) => id !== event.team) };
    }
    case 'channels':
      return inTeam(state, event.team, (team) => {
        const channels = { ...team.channels };
        for (const channel of event.channels) channels[channel.id] = channel;
        for (const gone of event.gone) delete channels[gone];
        return { ...team, channels };
      });
    case 'unsent':
      return inTeam(state, event.team, (team) => {
        const unsent = { ...team.unsent };
        for (const one of event.put) unsent[one.key] = one;
        for (const gone of event.gone) delete unsent[gone];
        return { ...team, unsent };
      });
    case 'members':
      return inTeam(state, event.team, (team) => {
        const members = { ...team.members };
        for (const member of event.members) members[member.id] = member;
        return { ...team, members };
      });
    case 'presence':
      return inTeam(state, event.team, (team) => {
        const presence = { ...team.presence };
        for (const [member, value] of Object.entries(event.members)) {
          if (value === 'gone') delete presence[member];
          else presence[member] = value;
        }
        return { ...team, presence };
      });
    case 'typing':
      return inTeam(state, event.team, (team) => {
        const { [event.channel]: _before, ...typing } = team.typing;
        return {
          ...team,
          typing: event.members.length > 0 ? { ...typing, [event.channel]: event.members } : typing,
        };
      });
    case 'timeline':
      return { ...state, timeline: event.timeline };
    case 'rows':
      return state.timeline === null
        ? state
        : {
            ...state,
            timeline: {
              ...withRows(state.timeline, event.put, event.gone),
              hasOlder: event.hasOlder,
              hasNewer: event.hasNewer,
            },
          };
    case 'unread-line':
      return state.timeline === null
        ? state
        : { ...state, timeline: { ...state.timeline, unreadAfter: event.after } };
    case 'target':
      return state.timeline === null
        ? state
        : { ...state, timeline: { ...state.timeline, target: event.key } };
    case 'request':
      return { ...state, request: event.request };
    case 'notices':
      return { ...state, notices: event.notices };
  }
}

export function applyBatch(snapshot: Snapshot, batch: Batch): Snapshot {
  if (batch.n <= snapshot.n) return snapshot;
  return { n: batch.n, state: batch.events.reduce(applyEvent, snapshot.state) };
}

function inTeam(
  state: WindowState,
  id: string,
  change: (team: TeamState) => TeamState,
): WindowState {
  const team = state.teams[id];
  return team ? { ...state, teams: { ...state.teams, [id]: change(team) } } : state;
}

function withRows(
  timeline: TimelineView,
  put: readonly TimelineRow[],
  gone: readonly string[],
): TimelineView {
  const replaced = new Map(put.map((row) => [row.key, row]));
  const removed = new Set(gone);
  const rows: TimelineRow[] = [];
  for (const row of timeline.rows) {
    const newer = replaced.get(row.key);
    // A row whose place did not change is replaced where it stands; the others are placed anew below.
    if (newer && newer.order === row.order && !removed.has(row.key)) {
      rows.push(newer);
      replaced.delete(row.key);
    } else if (!newer && !removed.has(row.key)) rows.push(row);
  }
  for (const row of replaced.values()) if (!removed.has(row.key)) insert(rows, row);
  return { ...timeline, rows };
}

/** Most rows arrive at the end or in ascending order, so the search starts there. */
function insert(rows: TimelineRow[], row: TimelineRow): void {
  const last = rows.at(-1);
  if (last === undefined || last.order < row.order) {
    rows.push(row);
    return;
  }
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.order ?? Infinity) < row.order) low = middle + 1;
    else high = middle;
  }
  rows.splice(low, 0, row);
}
