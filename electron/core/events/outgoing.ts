/**
 * What one window has still to be told. Changes are only named here; what is said of them is read when the batch is made,
 * at most once in 16 ms, so a burst costs one batch and the last state wins. A snapshot takes everything in it off the
 * list; batches carry a number, so that none can be applied twice or before its snapshot.
 */
import type { Batch, BridgeEvent } from '../../bridge/events.ts';
import type { Clock } from '../ports.ts';

/** How each named change is put into words. Undefined: there is nothing to say any more. */
export interface Teller {
  settings(): BridgeEvent;
  teamOrder(): BridgeEvent;
  teamState(team: string): BridgeEvent | undefined;
  team(team: string): BridgeEvent | undefined;
  channels(team: string, channels: ReadonlySet<string>): BridgeEvent | undefined;
  members(team: string, members: ReadonlySet<string>): BridgeEvent | undefined;
  unsent(team: string): BridgeEvent | undefined;
  presence(team: string, members: ReadonlySet<string>): BridgeEvent | undefined;
  typing(team: string, channel: string): BridgeEvent | undefined;
  /** The timeline, anew. */
  timeline(): BridgeEvent;
  rows(): BridgeEvent | undefined;
  requests(): BridgeEvent;
  notices(): BridgeEvent;
}

interface TeamDue {
  isWhole: boolean;
  isTeam: boolean;
  isUnsent: boolean;
  readonly channels: Set<string>;
  readonly members: Set<string>;
  readonly presence: Set<string>;
  readonly typing: Set<string>;
}

export interface Outgoing {
  settings(): void;
  teamOrder(): void;
  team(team: string, mark: (due: TeamDue) => void): void;
  teamGone(team: string): void;
  timeline(): void;
  rows(): void;
  requests(): void;
  notices(): void;
  /** The number a snapshot made now carries; everything named so far is in it. */
  snapshot(): number;
  /** Resolves when everything named so far has gone out. */
  told(): Promise<void>;
  dispose(): void;
}

export const FLUSH_MS = 16;

export function createOutgoing({
  clock,
  tell,
  emit,
}: {
  readonly clock: Clock;
  readonly tell: Teller;
  readonly emit: (batch: Batch) => void;
}): Outgoing {
  let n = 0;
  let lastFlush = -Infinity;
  let cancel: (() => void) | undefined;
  let isDisposed = false;
  let waiting: (() => void)[] = [];

  let isSettings = false;
  let isOrder = false;
  let isTimeline = false;
  let isRows = false;
  let isRequests = false;
  let isNotices = false;
  let teams = new Map<string, TeamDue>();
  let gone = new Set<string>();

  const clear = (): void => {
    cancel?.();
    cancel = undefined;
    isSettings = isOrder = isTimeline = isRows = isRequests = isNotices = false;
    teams = new Map();
    gone = new Set();
  };

  const release = (): void => {
    const told = waiting;
    waiting = [];
    for (const tell of told) tell();
  };

  const flush = (): void => {
    cancel = undefined;
    lastFlush = clock.monotonic();
    const events = [...collect()];
    clear();
    if (events.length > 0) emit({ n: ++n, events });
    release();
  };

  function* collect(): Generator<BridgeEvent> {
    if (isSettings) yield tell.settings();
    for (const team of gone) yield { kind: 'team-gone', team };
    for (const [team, due] of teams) yield* collectTeam(team, due);
    if (isOrder) yield tell.teamOrder();
    if (isTimeline) yield tell.timeline();
    else if (isRows) yield* some(tell.rows());
    if (isRequests) yield tell.requests();
    if (isNotices) yield tell.notices();
  }

  function* collectTeam(team: string, due: TeamDue): Generator<BridgeEvent> {
    if (due.isWhole) {
      yield* some(tell.teamState(team));
      return;
    }
    if (due.members.size > 0) yield* some(tell.members(team, due.members));
    if (due.channels.size > 0) yield* some(tell.channels(team, due.channels));
    if (due.isUnsent) yield* some(tell.unsent(team));
    if (due.presence.size > 0) yield* some(tell.presence(team, due.presence));
    for (const channel of due.typing) yield* some(tell.typing(team, channel));
    if (due.isTeam) yield* some(tell.team(team));
  }

  const plan = (): void => {
    if (isDisposed) return;
    cancel ??= clock.after(Math.max(0, FLUSH_MS - (clock.monotonic() - lastFlush)), flush);
  };

  return {
    settings: () => {
      isSettings = true;
      plan();
    },
    teamOrder: () => {
      isOrder = true;
      plan();
    },
    team: (team, mark) => {
      let due = teams.get(team);
      if (!due) {
        due = {
          isWhole: false,
          isTeam: false,
          isUnsent: false,
          channels: new Set(),
          members: new Set(),
          presence: new Set(),
          typing: new Set(),
        };
        teams.set(team, due);
      }
      mark(due);
      plan();
    },
    teamGone: (team) => {
      teams.delete(team);
      gone.add(team);
      plan();
    },
    timeline: () => {
      isTimeline = true;
      plan();
    },
    rows: () => {
      isRows = true;
      plan();
    },
    requests: () => {
      isRequests = true;
      plan();
    },
    notices: () => {
      isNotices = true;
      plan();
    },
    snapshot: () => {
      clear();
      release();
      return n;
    },
    told: () =>
      cancel
        ? new Promise((resolve) => {
            waiting.push(resolve);
          })
        : Promise.resolve(),
    dispose: () => {
      isDisposed = true;
      clear();
      release();
    },
  };
}

function* some(event: BridgeEvent | undefined): Generator<BridgeEvent> {
  if (event) yield event;
}
