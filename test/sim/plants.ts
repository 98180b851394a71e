/**
 * Faults on purpose, each one a way in which messengers of this kind are known to go wrong. They are planted by wrapping what the relay
 * and the desktops stand on; the product knows nothing of them. A campaign that does not find them proves nothing.
 */
import { decodeUp } from '../../protocol/codec.ts';
import type { Position } from '../../protocol/feeds.ts';
import type { FeedId } from '../../protocol/ids.ts';
import {
  StoreUnavailable,
  type EventDraft,
  type Store,
  type StoredEvent,
  type WriteTx,
} from '../../server/ports/store.ts';
import { openData } from '../../electron/core/cache/data.ts';
import type { Chance } from '../kit/chance.ts';
import { keepingLog } from '../kit/desktop-kit.ts';
import { createFakeClock } from '../kit/fake-clock.ts';
import type { Frame } from '../kit/memory-net.ts';
import { overriding } from './relay-node.ts';
import type { Plant } from './world.ts';

/** A frame as it is spoken, whatever its kind. */
type Spoken = Readonly<Record<string, unknown>> & { readonly t?: string };
type SpokenEvent = Readonly<Record<string, unknown>> & {
  readonly seq: number;
  readonly kind: string;
};

const read = (text: string): Spoken => JSON.parse(text) as Spoken;
const eventsOf = (frame: Spoken): readonly SpokenEvent[] =>
  Array.isArray(frame['events']) ? (frame['events'] as SpokenEvent[]) : [];

/** Changes what is written: `wrap` is given the transaction of each work. */
const onEachWork = (wrap: (tx: WriteTx, store: Store) => WriteTx): Plant => ({
  relay: {
    store: (store) =>
      overriding(store, {
        write: <T>(work: (tx: WriteTx) => Promise<T>): Promise<T> =>
          store.write((tx) => work(wrap(tx, store))),
      }),
  },
});

const onFrames = (
  way: Frame['way'],
  change: (frame: Spoken, chance: Chance, computer: string) => readonly Spoken[] | undefined,
): Plant => ({
  filter: (frame, chance) => {
    if (frame.way !== way) return [frame.text];
    const changed = change(read(frame.text), chance, frame.computer);
    return changed ? changed.map((one) => JSON.stringify(one)) : [frame.text];
  },
});

const isAboutMessage = (text: string): boolean =>
  ['post', 'edit', 'delete'].includes(read(text).t ?? '');

/** The acknowledgement is sent when the work is done and not when it is on the disk; now and then the commit then fails. */
const ackBeforeCommit: Plant = {
  relay: {
    store: (store) => {
      let works = 0;
      return overriding(store, {
        write: <T>(work: (tx: WriteTx) => Promise<T>): Promise<T> =>
          new Promise((resolve, reject) => {
            const isLost = ++works % 29 === 0;
            store
              .write(async (tx) => {
                const value = await work(tx);
                resolve(value);
                if (isLost) throw new StoreUnavailable('lost on the way to the disk');
              })
              .catch(reject);
          }),
      });
    },
  },
};

/** Everybody is told when the event is appended, before anything is committed; the commit may fail, and the number is given out again. */
const tellBeforeCommit: Plant = {
  relay: {
    store: (store) => {
      let works = 0;
      const listeners = new Set<(events: readonly StoredEvent[]) => void>();
      return overriding(store, {
        onCommitted: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        write: <T>(work: (tx: WriteTx) => Promise<T>): Promise<T> =>
          store.write(async (tx) => {
            const append = async (feed: FeedId, draft: EventDraft) => {
              const appended = await tx.append(feed, draft);
              if (appended.isNew) for (const tell of listeners) tell([appended.event]);
              return appended;
            };
            const value = await work(overriding(tx, { append }));
            if (++works % 23 === 0) throw new StoreUnavailable('the disk is full');
            return value;
          }),
      });
    },
  },
};

/** A message that comes again is taken for a new one, unless `isKnown` remembers it. */
const forgetful = (isKnown: (op: string) => boolean, learn: (op: string) => void): Plant =>
  onEachWork((tx) => {
    let forgotten: string | undefined;
    return overriding(tx, {
      preconditions: async (channel, draft, id) => {
        const found = await tx.preconditions(channel, draft, id);
        if (!found.before || draft.kind !== 'posted' || draft.op === null || isKnown(draft.op))
          return found;
        forgotten = draft.op;
        return { ...found, before: undefined, message: undefined };
      },
      append: async (feed, draft) => {
        if (draft.kind === 'posted' && draft.op !== null) learn(draft.op);
        return tx.append(feed, draft.op === forgotten ? { ...draft, op: null } : draft);
      },
    });
  });

const noMemoryOfIds = (): Plant =>
  forgetful(
    () => false,
    () => undefined,
  );

/** Duplicates are only remembered for the last few messages, as a cache of thirty seconds does. */
const shortMemoryOfIds = (): Plant => {
  const known: string[] = [];
  return forgetful(
    (op) => known.includes(op),
    (op) => {
      known.push(op);
      if (known.length > 3) known.shift();
    },
  );
};

/** A push loses an event and nobody closes the gap: something stands in its place that means nothing. */
const eventSkipped: Plant = onFrames('down', (frame, chance) => {
  if (frame.t !== 'events') return undefined;
  return [
    {
      ...frame,
      events: eventsOf(frame).map((event) =>
        event.kind === 'posted' && chance.happens(0.05) ? nothing(event) : event,
      ),
    },
  ];
});

const nothing = ({ seq, at, by }: SpokenEvent): SpokenEvent => ({
  seq,
  at,
  by,
  kind: 'nothing-of-note',
});

/** Two that were written at once are told to each in another order. */
const orderPerListener: Plant = onFrames('down', (frame, chance) => {
  const events = eventsOf(frame);
  const [a, b] = events;
  if (!a || !b || a.kind !== 'posted' || b.kind !== 'posted' || !chance.happens(0.5))
    return undefined;
  return [{ ...frame, events: [{ ...b, seq: a.seq }, { ...a, seq: b.seq }, ...events.slice(2)] }];
});

/** Catching up begins one event too late. */
const catchUpOffByOne: Plant = {
  filter: ({ way, text }) => {
    const frame = read(text);
    if (way === 'down' && frame.t === 'page' && frame['req'] === undefined) {
      const events = eventsOf(frame);
      const [first, ...rest] = events;
      // What is left out is claimed to be there.
      if (first && rest.length > 0)
        return [JSON.stringify({ ...frame, events: [nothing(first), ...rest] })];
    }
    return [text];
  },
};

/** The desktop takes what it sent for delivered as soon as it left, and lets go of it. */
const sentIsDelivered: Plant = {
  wrapNet: (net) => ({
    ...net,
    dial: async (target, token, events) => {
      const dialed = await net.dial(target, token, {
        ...events,
        onText: (text) => {
          const frame = read(text);
          if (frame.t !== 'ack' && frame.t !== 'refused') events.onText(text);
          else if (!invented.has(String(frame['op']))) events.onText(text);
        },
      });
      const invented = new Set<string>();
      if (!dialed.ok) return dialed;
      const send = (text: string): void => {
        dialed.value.send(text);
        const up = decodeUp(text);
        if (!isAboutMessage(text) || !up.ok || up.value.t !== 'post') return;
        invented.add(up.value.op);
        const ack = {
          t: 'ack',
          op: up.value.op,
          feed: `channel/${up.value.channel}`,
          seq: 1,
          at: 1,
        };
        events.onText(JSON.stringify(ack));
      };
      return { ok: true, value: { ...dialed.value, send } };
    },
  }),
};

/** Somebody who was taken out goes on hearing the channel: the event that says so is not told. */
const leavingIsNotTold: Plant = onFrames('down', (frame) => {
  if (!eventsOf(frame).some((event) => event.kind === 'channel-left')) return undefined;
  return [
    {
      ...frame,
      events: eventsOf(frame).map((event) =>
        event.kind === 'channel-left' ? nothing(event) : event,
      ),
    },
  ];
});

/** A read mark of another device is not told to this one. */
const readElsewhereIsNotTold: Plant = onFrames('down', (frame, _chance, computer) => {
  if (computer !== 'ada-laptop' || !eventsOf(frame).some((event) => event.kind === 'read'))
    return undefined;
  return [
    {
      ...frame,
      events: eventsOf(frame).map((event) => (event.kind === 'read' ? nothing(event) : event)),
    },
  ];
});

/** What is deleted is only marked so. */
const deletedIsKept: Plant = onEachWork((tx) =>
  overriding(tx, { redactMessage: () => Promise.resolve() }),
);

/** Beats say nothing and pushes get lost: what is missing is found by nobody. */
const lostForGood: Plant = onFrames('down', (frame, chance) => {
  if (frame.t === 'beat') return [{ ...frame, heads: {} }];
  if (frame.t === 'events' && String(frame['feed']).startsWith('channel/') && chance.happens(0.1))
    return [];
  return undefined;
});

/** Who asks what was lost is told: nothing. */
const nothingIsMissing: Plant = onFrames('down', (frame) =>
  frame.t === 'missing' ? [{ ...frame, ops: [] }] : undefined,
);

/** The relay goes by the machine's clock, whatever that shows. */
const anyClock: Plant = {
  relay: {
    clock: (clock, machine) => ({ ...clock, now: () => machine.now(), isPlausible: () => true }),
  },
};

/** The relay takes a token for used as soon as it has given it out: a lost answer ends the session. */
const lostPairIsUsed: Plant = onEachWork((tx) =>
  overriding(tx, {
    putSession: (row) => tx.putSession({ ...row, rotation: row.rotation + 1 }),
  }),
);

/** A damaged file is made anew with everything but what was not sent yet. */
const mendedWithoutOutbox: Plant = {
  afterDamage: (folder) => {
    const data = openData({ dir: folder, clock: createFakeClock(), log: keepingLog() });
    data.ledger.db.exec('DELETE FROM outbox');
    data.close();
  },
};

/** Nobody holds positions against the store: what was put in the place of lost events stays hidden behind their numbers. */
const everyPositionHolds: Plant = {
  filter: ({ way, text }) => {
    const frame = read(text);
    if (way === 'up' && frame.t === 'hello')
      return [JSON.stringify({ ...frame, positions: withoutProofs(positionsOf(frame)) })];
    return way === 'down' && frame.t === 'welcome'
      ? [JSON.stringify({ ...frame, isResumed: true })]
      : [text];
  },
};

/** A desktop names no position but one that it can prove: of what came since the last heartbeat the relay learns nothing. */
const onlyProvenPositions: Plant = onFrames('up', (frame) =>
  frame.t === 'hello'
    ? [
        {
          ...frame,
          positions: Object.fromEntries(
            Object.entries(positionsOf(frame)).filter(([, { seq, proven }]) => proven?.seq === seq),
          ),
        },
      ]
    : undefined,
);

const positionsOf = (frame: Spoken): Readonly<Record<string, Position>> =>
  frame['positions'] as Readonly<Record<string, Position>>;

const withoutProofs = (
  positions: Readonly<Record<string, Position>>,
): Readonly<Record<string, Position>> =>
  Object.fromEntries(Object.entries(positions).map(([feed, { seq, at }]) => [feed, { seq, at }]));

export const PLANTS: Readonly<Record<string, () => Plant>> = {
  'the relay acknowledges before the commit': () => ackBeforeCommit,
  'the relay tells everybody before the commit': () => tellBeforeCommit,
  'the relay knows no message again': noMemoryOfIds,
  'the relay knows only the last messages again': shortMemoryOfIds,
  'a push skips an event and nobody closes the gap': () => eventSkipped,
  'a lost push is never found': () => lostForGood,
  'each is told another order': () => orderPerListener,
  'catching up begins one event too late': () => catchUpOffByOne,
  'a desktop takes sent for delivered': () => sentIsDelivered,
  'somebody who was taken out is not told': () => leavingIsNotTold,
  'a read mark does not reach the other device': () => readElsewhereIsNotTold,
  'what is deleted is only marked so': () => deletedIsKept,
  'a relay that went back does not say what it lost': () => nothingIsMissing,
  'the relay believes any clock': () => anyClock,
  'a lost pair of tokens ends the session': () => lostPairIsUsed,
  'a damaged file is made anew without the outbox': () => mendedWithoutOutbox,
  'nobody holds positions against the store': () => everyPositionHolds,
  'a desktop names no position that it cannot prove': () => onlyProvenPositions,
};
