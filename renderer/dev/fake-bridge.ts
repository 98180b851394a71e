/**
 * A bridge without a core, for the development page and the tests of the window: the same contract, over a state in memory that
 * changes only by `applyBatch`, as the real one's does. It behaves (a sent message is acknowledged, a draft is kept, a page of
 * history arrives) and it throws for what it lacks, so that nothing passes by its silence. Never part of the built window.
 */
import type { LandlineApi } from '../../electron/bridge/api.ts';
import type {
  CommandHandlers,
  CommandInput,
  CommandName,
  CommandResult,
  Problem,
} from '../../electron/bridge/commands.ts';
import { applyBatch } from '../../electron/bridge/apply-event.ts';
import type { Batch, BridgeEvent, Snapshot } from '../../electron/bridge/events.ts';
import type {
  MessageRow,
  TimelineRow,
  TimelineView,
  WindowState,
} from '../../electron/bridge/views.ts';
import { createAnswers } from './fake-answers.ts';
import type { FakeCore, FakeWorld } from './fake-core.ts';
import { message } from './fake-core.ts';

export interface FakeOptions {
  readonly now: () => number;
  /** How long the fake relay takes; 0 answers in the next task. */
  readonly delayMs?: number;
  /** Tests answer at once, or when they say so. */
  readonly later?: (act: () => void, ms: number) => void;
  /** Commands answered with this problem. */
  readonly refuse?: Partial<Record<CommandName, Problem>>;
}

export interface FakeBridge extends LandlineApi {
  emit(...events: readonly BridgeEvent[]): void;
  /** A message of somebody, as it would come from the relay. */
  say(team: string, channel: string, author: string, text: string): MessageRow;
  state(): WindowState;
  /** Every command put to it, in order. */
  readonly calls: readonly { readonly name: CommandName; readonly input: unknown }[];
  refuse(name: CommandName, problem: Problem | null): void;
  /**
   * Commands are taken in and not carried out, as by a host that stands still, until they are let
   * go in order.
   */
  hold(isHeld: boolean): void;
}

export function createFakeBridge(
  world: FakeWorld,
  { now, delayMs = 0, refuse = {}, later = (act, ms) => void setTimeout(act, ms) }: FakeOptions,
): FakeBridge {
  let snapshot: Snapshot = { n: 0, state: world.state };
  let ids = 0;
  const listeners = new Set<(batch: Batch) => void>();
  const history = new Map<string, TimelineRow[]>(
    [...world.history].map(([key, rows]) => [key, [...rows]]),
  );
  const calls: { name: CommandName; input: unknown }[] = [];
  const refusals = new Map(Object.entries(refuse));
  let held: (() => void)[] | null = null;

  const emit = (...events: readonly BridgeEvent[]): void => {
    const batch: Batch = { n: snapshot.n + 1, events: [...events] };
    snapshot = applyBatch(snapshot, batch);
    for (const listener of listeners) listener(structuredClone(batch));
  };

  const rows = (team: string, channel: string): TimelineRow[] => {
    const key = `${team}/${channel}`;
    let all = history.get(key);
    if (!all) history.set(key, (all = []));
    return all;
  };

  const core: FakeCore = {
    now,
    delayMs,
    state: () => snapshot.state,
    snapshot: () => snapshot,
    team: (id) => found(snapshot.state.teams[id], `team ${id}`),
    channel: (team, id) => found(snapshot.state.teams[team]?.channels[id], `channel ${id}`),
    rows,
    drafts: new Map(world.drafts),
    emit,
    put(team, channel, ...put) {
      const all = rows(team, channel);
      for (const row of put) {
        const at = all.findIndex((one) => one.key === row.key);
        if (at >= 0) all.splice(at, 1);
        const after = all.findLastIndex((one) => one.order < row.order);
        all.splice(after + 1, 0, row);
      }
      const open = snapshot.state.timeline;
      if (isOpen(open, team, channel) && !open.hasNewer)
        emit({ kind: 'rows', put: [...put], gone: [], hasOlder: open.hasOlder, hasNewer: false });
    },
    take(team, channel, key) {
      const all = rows(team, channel);
      const at = all.findIndex((one) => one.key === key);
      if (at >= 0) all.splice(at, 1);
      const open = snapshot.state.timeline;
      if (isOpen(open, team, channel))
        emit({
          kind: 'rows',
          put: [],
          gone: [key],
          hasOlder: open.hasOlder,
          hasNewer: open.hasNewer,
        });
    },
    later: (act, ms = delayMs) => later(act, ms),
    nextId: () => `made-${++ids}`,
  };
  const answers = createAnswers(core);

  return {
    host: 'browser',
    async call<Name extends CommandName>(
      name: Name,
      input: CommandInput<Name>,
    ): Promise<CommandResult<Name>> {
      calls.push({ name, input: structuredClone(input) });
      const queue = held;
      if (queue) await new Promise<void>((resolve) => queue.push(resolve));
      const problem = refusals.get(name);
      if (problem) return { ok: false, error: problem };
      const answer = answers[name] as CommandHandlers[Name] | undefined;
      if (!answer) throw new Error(`the fake bridge has no answer to ${name}`);
      return answer(structuredClone(input));
    },
    onBatch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    emit,
    say(team, channel, author, text) {
      const view = core.channel(team, channel);
      const row = message({ id: core.nextId(), seq: view.head + 1, author, at: now(), text });
      emit({
        kind: 'channels',
        team,
        channels: [{ ...view, head: row.order, unread: view.unread + 1, lastAt: now() }],
        gone: [],
      });
      core.put(team, channel, row);
      return row;
    },
    state: () => snapshot.state,
    calls,
    hold(isHeld) {
      const due = held ?? [];
      held = isHeld ? [] : null;
      for (const go of due) go();
    },
    refuse: (name, problem) =>
      void (problem === null ? refusals.delete(name) : refusals.set(name, problem)),
  };
}

const isOpen = (
  timeline: TimelineView | null,
  team: string,
  channel: string,
): timeline is TimelineView =>
  timeline !== null && timeline.team === team && timeline.channel === channel;

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the fake bridge has no ${what}`);
  return value;
}
