/**
 * Changes on their way to the relay. A row is on disk before anything is drawn from it and leaves only after its effect
 * is in the cache, so that a plug pulled at any moment costs nothing: what was not acknowledged goes out again under the
 * same id, and the relay makes one of it. Within a lane one row is under way at a time, in order: a passing refusal holds
 * the lane, a final one marks the row failed and lets the next go. Lanes do not wait for each other.
 *
 * What is offered again, since the relay lost it, goes first of its lane, as it was said first: for a second. What is left of it then
 * goes on beside the lane, and only where nothing new wants to go. A change to an offered message waits for it in any case, alone.
 */
import type { Down } from '../../../protocol/frames-down.ts';
import type { Mutation } from '../../../protocol/frames-up.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { OutboxRow, OutboxRows, SentRow } from '../cache/outbox-rows.ts';
import type { Sqlite } from '../cache/sqlite.ts';
import type { Changes } from '../events/changes.ts';
import type { Clock } from '../ports.ts';

export type NewRow = Pick<OutboxRow, 'op' | 'lane' | 'channel' | 'message' | 'frame'>;

export interface OutboxParts {
  readonly team: { readonly id: string; readonly key: number };
  /** The relay that the acknowledgements come from; the journal keeps it with each of them. */
  readonly trust: string;
  readonly db: Sqlite;
  readonly rows: OutboxRows;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly send: (frame: Mutation) => boolean;
  /** A text is written for this channel, in this transaction. */
  readonly remember: (channel: string) => void;
  /** Brings the acknowledged effect into the cache. False: something before it is still missing; ask again by `settle`. */
  readonly confirm: (row: OutboxRow, ack: Down<'ack'>) => boolean;
  /** The row will never take effect. */
  readonly onRefused: (row: OutboxRow) => void;
  /** An answer has been missing for too long: the line is dead. */
  readonly onOverdue: () => void;
}

export interface Outbox {
  readonly rows: readonly OutboxRow[];
  /** Everything on its way that concerns the message, oldest first. */
  ofMessage(channel: string, message: string): readonly OutboxRow[];
  isUnderWay(row: OutboxRow): boolean;
  /** It may be on the relay already: as it stands it can be followed by another change, but not be changed. */
  mayHaveLeft(row: OutboxRow): boolean;
  /** Commits the row; what else must be committed with it is done by `also`. Goes out by itself. */
  add(row: NewRow, also?: () => void): OutboxRow;
  /** What the relay acknowledged and has lost, in its order; before `start`. What was offered before and is lost still takes its place
   *  among the rest. */
  offer(rows: readonly NewRow[]): void;
  /** Other content for a row that surely never left. */
  rewrite(row: OutboxRow, frame: Mutation): void;
  retry(row: OutboxRow): void;
  remove(row: OutboxRow): void;
  /** Its effect came another way: with the feed. */
  arrived(op: string): void;
  take(frame: Down<'ack'> | Down<'refused'>): boolean;
  /** Effects that were waiting for a gap to close may be there now. */
  settle(): void;
  /** A fresh line: everything that waits goes out. */
  start(limits: { readonly sendsPerSecond: number; readonly sendsBurst: number }): void;
  /** The line is gone; what was under way will be said again. */
  stop(): void;
  counts(): { readonly waiting: number; readonly failed: number };
}

interface UnderWay {
  readonly row: OutboxRow;
  readonly overdueAt: number;
}

export const JOURNAL_MS = 30 * 24 * 60 * 60_000;
const RETRY_MS = { first: 1_000, most: 30_000 } as const;
/** So long what a person writes now waits for what is offered again in the same channel. */
export const OFFERS_FIRST_MS = 1_000;

/** Whatever is said about messages of one channel stays in order. */
export const messageLane = (channel: string): string => `channel/${channel}`;

export const isAboutMessage = (frame: Mutation): boolean =>
  frame.t === 'post' || frame.t === 'edit' || frame.t === 'delete';

export function createOutbox({
  team,
  trust,
  db,
  rows: disk,
  clock,
  changes,
  send,
  remember,
  confirm,
  onRefused,
  onOverdue,
}: OutboxParts): Outbox {
  let rows: OutboxRow[] = disk.all(team.key);
  /** Loaded ones count as sent: the crash may have come right after. */
  const left = new Set(rows.map((row) => row.op));
  const underWay = new Map<string, UnderWay>();
  const acked = new Map<string, Down<'ack'>>();
  const heldUntil = new Map<string, number>();
  const refusals = new Map<string, number>();
  let isStarted = false;
  let allowance = 0;
  let rate = { perSecond: DEFAULT_LIMITS.sendsPerSecond, burst: DEFAULT_LIMITS.sendsBurst };
  let countedAt = clock.monotonic();
  let offersFirstUntil = 0;
  let cancelWake: () => void = () => undefined;

  const told = (row: OutboxRow): void => {
    if (row.message !== null) changes.message(team.id, row.channel, row.message);
    changes.team(team.id);
  };

  const replace = (row: OutboxRow, next: OutboxRow): void => {
    disk.put(team.key, next);
    rows = rows.map((one) => (one.n === row.n ? next : one));
    told(next);
  };

  const drop = (row: OutboxRow): void => {
    rows = rows.filter((one) => one.n !== row.n);
    underWay.delete(row.op);
    acked.delete(row.op);
    refusals.delete(row.op);
    left.delete(row.op);
    told(row);
  };

  const finish = (row: OutboxRow): void => {
    db.transaction('outbox.finish', () => {
      disk.remove(team.key, row.n);
      if (!isAboutMessage(row.frame)) return;
      if (row.frame.t === 'delete' && row.message !== null) disk.forgetSent(team.key, row.message);
      // An offer stays in the journal where it was: behind what it follows, before what was said of it since.
      if (row.isOffer) disk.keepSent(team.key, row.op, clock.now());
      else disk.journal(team.key, sentRow(row, trust));
    });
    drop(row);
  };

  /** What may go, in the order in which it should. Not among it: what is said of a message that is still to be offered. */
  const inTurn = (isOffersTurn: boolean): readonly OutboxRow[] => {
    const offers = rows.filter((row) => row.isOffer);
    if (offers.length === 0) return rows;
    const offered = new Set(offers.map((row) => row.message));
    const others = rows.filter(
      (row) => !row.isOffer && !(row.message !== null && offered.has(row.message)),
    );
    return isOffersTurn ? [...offers, ...others] : [...others, ...offers];
  };

  const mayGo = (now: number): boolean => {
    allowance = Math.min(rate.burst, allowance + ((now - countedAt) * rate.perSecond) / 1_000);
    countedAt = now;
    return allowance >= 1;
  };

  const pump = (): void => {
    cancelWake();
    if (!isStarted) return;
    const now = clock.monotonic();
    const busy = new Set<string>();
    const isOffersTurn = now < offersFirstUntil;
    let wakeAt = isOffersTurn && rows.some((row) => row.isOffer) ? offersFirstUntil : Infinity;
    for (const { overdueAt } of underWay.values()) wakeAt = Math.min(wakeAt, overdueAt);
    for (const row of inTurn(isOffersTurn)) {
      const lane = isOffersTurn ? row.lane : holdOf(row);
      if (row.state === 'failed' || busy.has(lane)) continue;
      busy.add(lane);
      if (underWay.has(row.op) || acked.has(row.op)) continue;
      const until = Math.max(heldUntil.get(holdOf(row)) ?? 0, heldUntil.get(EVERY_LANE) ?? 0);
      if (until > now) {
        wakeAt = Math.min(wakeAt, until);
      } else if (!mayGo(now)) {
        wakeAt = Math.min(wakeAt, now + Math.ceil(((1 - allowance) * 1_000) / rate.perSecond));
      } else if (send(row.frame)) {
        allowance -= 1;
        left.add(row.op);
        const overdueAt = now + DEFAULT_LIMITS.clientAckMs;
        underWay.set(row.op, { row, overdueAt });
        told(row);
        wakeAt = Math.min(wakeAt, overdueAt);
      }
    }
    if (wakeAt < Infinity) cancelWake = clock.after(Math.max(1, wakeAt - now), wake);
  };

  const wake = (): void => {
    const now = clock.monotonic();
    for (const { overdueAt } of underWay.values()) if (overdueAt <= now) return onOverdue();
    pump();
  };

  const refuse = (row: OutboxRow, { refusal }: Down<'refused'>): void => {
    underWay.delete(row.op);
    if (refusal.retryable) {
      const count = (refusals.get(row.op) ?? 0) + 1;
      refusals.set(row.op, count);
      const ms =
        refusal.retryAfterMs ??
        Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** Math.min(count - 1, 5));
      // The allowance is the sender's, not the channel's: there is no use in trying another lane.
      heldUntil.set(
        refusal.kind === 'rate-limited' ? EVERY_LANE : holdOf(row),
        clock.monotonic() + ms,
      );
      told(row);
    } else if (
      row.isOffer ||
      !isAboutMessage(row.frame) ||
      (row.frame.t === 'delete' && refusal.kind === 'not-found')
    ) {
      disk.remove(team.key, row.n);
      drop(row);
      onRefused(row);
    } else {
      replace(row, { ...row, state: 'failed', why: refusal.kind });
    }
  };

  const settle = (): void => {
    for (const [op, ack] of [...acked]) {
      const row = rows.find((one) => one.op === op);
      if (row && confirm(row, ack)) finish(row);
    }
  };

  return {
    get rows() {
      return rows;
    },
    ofMessage: (channel, message) =>
      rows.filter((row) => row.message === message && row.channel === channel),
    isUnderWay: (row) => underWay.has(row.op) || acked.has(row.op),
    mayHaveLeft: (row) => row.state === 'waiting' && left.has(row.op),
    add: (row, also) => {
      const made = db.transaction('outbox.add', () => {
        also?.();
        if (isAboutMessage(row.frame)) remember(row.channel);
        return disk.add(team.key, {
          ...row,
          at: clock.now(),
          state: 'waiting',
          why: null,
          isOffer: false,
        });
      });
      rows = [...rows, made];
      told(made);
      pump();
      return made;
    },
    offer: (lost) => {
      // Acknowledged and without its effect yet: it is waiting already, and goes out under its id.
      const waiting = new Set(rows.filter((row) => !row.isOffer).map((row) => row.op));
      const offered = lost.filter((row) => !waiting.has(row.op));
      const ops = new Set(offered.map((row) => row.op));
      const isAgain = (row: OutboxRow): boolean => row.isOffer && ops.has(row.op);
      const made = db.transaction('outbox.offer', () => {
        for (const row of rows) if (isAgain(row)) disk.remove(team.key, row.n);
        return offered.map((row) =>
          disk.add(team.key, {
            ...row,
            at: clock.now(),
            state: 'waiting',
            why: null,
            isOffer: true,
          }),
        );
      });
      for (const { op } of made) left.add(op);
      rows = [
        ...rows.filter((row) => row.isOffer && !isAgain(row)),
        ...made,
        ...rows.filter((row) => !row.isOffer),
      ];
      pump();
    },
    rewrite: (row, frame) => {
      replace(row, { ...row, frame, state: 'waiting', why: null });
      pump();
    },
    retry: (row) => {
      replace(row, { ...row, state: 'waiting', why: null });
      pump();
    },
    remove: (row) => {
      disk.remove(team.key, row.n);
      drop(row);
      pump();
    },
    arrived: (op) => {
      const row = rows.find((one) => one.op === op);
      if (!row) return;
      finish(row);
      pump();
    },
    take: (frame) => {
      const row = frame.op === undefined ? undefined : rows.find((one) => one.op === frame.op);
      if (!row || row.state === 'failed') return false;
      if (frame.t === 'refused') {
        refuse(row, frame);
      } else {
        underWay.delete(row.op);
        heldUntil.delete(holdOf(row));
        if (confirm(row, frame)) finish(row);
        else {
          // Its effect waits for a gap to close. That it was acknowledged has to outlive this
          // connection: no other relay may get it.
          if (isAboutMessage(row.frame) && !row.isOffer)
            disk.journal(team.key, sentRow(row, trust));
          acked.set(row.op, frame);
        }
      }
      pump();
      return true;
    },
    settle: () => {
      if (acked.size === 0) return;
      settle();
      pump();
    },
    start: (limits) => {
      isStarted = true;
      rate = { perSecond: limits.sendsPerSecond, burst: limits.sendsBurst };
      allowance = rate.burst;
      countedAt = clock.monotonic();
      offersFirstUntil = countedAt + OFFERS_FIRST_MS;
      heldUntil.clear();
      pump();
    },
    stop: () => {
      isStarted = false;
      cancelWake();
      underWay.clear();
      acked.clear();
    },
    counts: () => {
      let waiting = 0;
      let failed = 0;
      for (const row of rows) {
        if (row.isOffer || !isAboutMessage(row.frame)) continue;
        if (row.state === 'failed') failed++;
        else waiting++;
      }
      return { waiting, failed };
    },
  };
}

const EVERY_LANE = '';
/** What a passing refusal of this row holds: offers and what is new do not hold each other. */
const holdOf = (row: OutboxRow): string => (row.isOffer ? `again/${row.lane}` : row.lane);

const sentRow = ({ op, n, channel, message, frame, at }: OutboxRow, trust: string): SentRow => ({
  op,
  n,
  channel,
  message,
  frame,
  at,
  trust,
});
