/**
 * The promises about messages, as checkers over a history and what is found in the end. Each answers the violations it sees, in words;
 * none when the promise was kept. They know nothing of how the programs work. A checker that cannot fail proves nothing: `checks.test.ts`
 * holds bad histories against every one of them.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FeedEvent } from '../../protocol/feeds.ts';
import type { Mutation } from '../../protocol/frames-up.ts';
import { converged, countsAgree, holds } from './cache-checks.ts';
import type { Check, Evidence } from './evidence.ts';
import type { History } from './history.ts';
import type { RelayRead } from './relay-read.ts';

const channelOf = (feed: string): string | undefined =>
  feed.startsWith('channel/') ? feed.slice(8) : undefined;
const isPosted = (event: FeedEvent): boolean =>
  event.kind === 'posted' || (event.kind === 'redacted' && event.was === 'posted');
const isEdited = (event: FeedEvent): boolean =>
  event.kind === 'edited' || (event.kind === 'redacted' && event.was === 'edited');
const idOf = (event: FeedEvent): string | undefined => ('id' in event ? event.id : undefined);

/** Every `posted` event of the relay, also of messages that were deleted since. */
function* postedIn(
  relay: RelayRead,
): Generator<{ readonly channel: string; readonly event: FeedEvent; readonly id: string }> {
  for (const [feed, { events }] of relay.feeds) {
    const channel = channelOf(feed);
    if (channel === undefined) continue;
    for (const event of events)
      if (isPosted(event)) yield { channel, event, id: idOf(event) ?? '' };
  }
}

type AskedFrame = Mutation | { readonly t: 'post' };

interface Pressed {
  readonly member: string;
  readonly channel: string;
  readonly text: string;
}

/**
 * Every Enter that was pressed, by the id its message got. Where the process died before it could say the id, the relay or the wire may
 * tell it: such a message may be there, once, as it was written, or not.
 */
function pressedEnters({ history, relay }: Evidence): ReadonlyMap<string, Pressed> {
  const found = new Map<string, Pressed>(
    history.all('entered').map((moment) => [moment.message, moment]),
  );
  const told = new Set([...found.values()].map(({ text }) => text));
  const untold = new Map(
    history
      .all('tried')
      .flatMap((moment) => (told.has(moment.text) ? [] : [[moment.text, moment] as const])),
  );
  const claim = (id: string, member: string, channel: string, text: string): void => {
    const moment = untold.get(text);
    if (found.has(id) || moment?.member !== member || moment.channel !== channel) return;
    untold.delete(text);
    found.set(id, moment);
  };
  for (const { member, frame } of history.all('asked'))
    if (frame.t === 'post') claim(frame.op, member, frame.channel, frame.text);
  for (const { channel, event, id } of postedIn(relay))
    if (event.kind === 'posted') claim(id, event.by, channel, event.text);
  return found;
}

/** What was acknowledged is in the relay's store, at the acknowledged place, and in every cache that holds that place. */
export const ackedIsKept: Check = (evidence) => {
  const { history, relay, desktops } = evidence;
  const found: string[] = [];
  const asked = new Map<string, AskedFrame>(
    history.all('asked').map(({ member, frame }) => [`${member} ${frame.op}`, frame]),
  );
  for (const [id, { member }] of pressedEnters(evidence))
    asked.set(`${member} ${id}`, { t: 'post' });
  const seen = new Set<string>();
  for (const { member, op, feed, seq } of history.sinceRestore().all('acked')) {
    const key = `${member} ${op} ${feed} ${seq}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const frame = asked.get(`${member} ${op}`);
    const event = relay.feeds.get(feed)?.events[seq - 1];
    if (!frame) found.push(`${op} was acknowledged to ${member}, who never asked for it`);
    else if (event?.seq !== seq)
      found.push(
        `${frame.t} ${op} was acknowledged at ${feed} ${seq}, where the relay has nothing`,
      );
    else if (
      frame.t === 'post' &&
      !(isPosted(event) && idOf(event) === op && event.by === member)
    ) {
      found.push(
        `post ${op} was acknowledged at ${feed} ${seq}, where the relay has ${describe(event)}`,
      );
    } else if (frame.t === 'edit' && !(isEdited(event) && idOf(event) === frame.message)) {
      found.push(
        `edit ${op} was acknowledged at ${feed} ${seq}, where the relay has ${describe(event)}`,
      );
    } else if (
      frame.t === 'delete' &&
      !isDeletedBy(relay.feeds.get(feed)?.events ?? [], frame.message, seq)
    ) {
      // One that was deleted before is acknowledged where the feed stands.
      found.push(
        `delete ${op} was acknowledged at ${feed} ${seq}, and message ${frame.message} is not deleted there`,
      );
    } else if (frame.t === 'post') {
      for (const desktop of desktops) {
        const held = desktop.channels.get(channelOf(feed) ?? '');
        if (!held || !holds(held, seq)) continue;
        if (held.messages.find((message) => message.seq === seq)?.id !== op)
          found.push(`${desktop.computer} holds ${feed} ${seq}, but not message ${op}`);
      }
    }
  }
  return found;
};

/**
 * What was acknowledged before the relay went back to a backup is there again, once: those who had sent it have sent it again. Not what
 * was deleted, and not where its sender may no longer write.
 */
export const offeredAgain: Check = ({ history, relay }) => {
  const found: string[] = [];
  const deleted = new Set(history.all('deleted').map(({ message }) => message));
  const posted = new Set([...postedIn(relay)].map(({ event, id }) => `${event.by} ${id}`));
  const entered = new Map(history.all('entered').map((moment) => [moment.message, moment]));
  for (const { member, op } of history.all('acked')) {
    const moment = entered.get(op);
    const mayWrite =
      moment !== undefined && relay.channels.get(moment.channel)?.roster.has(member) === true;
    if (mayWrite && !deleted.has(op) && !posted.has(`${member} ${op}`))
      found.push(`message ${op} of ${moment.computer} was acknowledged and is not at the relay`);
  }
  return found;
};

/** What was written and not sent is still there, if it was half a second old when the process died. */
export const draftsAreKept: Check = ({ history, desktops }) => {
  interface Draft {
    texts: ReadonlySet<string>;
    before: ReadonlySet<string>;
    atMs: number;
  }
  const drafts = new Map<string, Draft>();
  const of = (computer: string, channel: string): Draft => {
    const key = `${computer} ${channel}`;
    const known = drafts.get(key) ?? { texts: new Set(['']), before: new Set(), atMs: -Infinity };
    drafts.set(key, known);
    return known;
  };
  const put = (draft: Draft, atMs: number, ...texts: readonly string[]): void => {
    Object.assign(draft, { before: draft.texts, texts: new Set(texts), atMs });
  };
  for (const moment of history.moments) {
    if (moment.kind === 'drafted')
      put(of(moment.computer, moment.channel), moment.atMs, moment.text);
    else if (moment.kind === 'entered') put(of(moment.computer, moment.channel), -Infinity, '');
    else if (moment.kind === 'tried') {
      // Whether the message was made, and its draft cleared, is told by `entered`.
      for (const [key, draft] of drafts)
        if (key.endsWith(moment.channel)) draft.texts = new Set([...draft.texts, '']);
    } else if (moment.kind === 'damaged') {
      for (const channel of moment.channels) {
        const draft = of(moment.computer, channel);
        draft.texts = new Set([...draft.texts, '']);
      }
    } else if (moment.kind === 'killed') {
      for (const [key, draft] of drafts) {
        const isYoung = moment.wasAsleep || moment.atMs - draft.atMs < DRAFT_MS;
        if (key.startsWith(`${moment.computer} `) && isYoung)
          draft.texts = new Set([...draft.texts, ...draft.before]);
      }
    }
  }
  return [...drafts].flatMap(([key, { texts }]) => {
    const [computer = '', channel = ''] = key.split(' ');
    const held =
      desktops.find((desktop) => desktop.computer === computer)?.drafts.get(channel) ?? '';
    return texts.has(held)
      ? []
      : [
          `the draft of ${computer} in ${channel} is ${JSON.stringify(held)}, and should be ${JSON.stringify([...texts])}`,
        ];
  });
};
const DRAFT_MS = 500;

const isDeletedBy = (events: readonly FeedEvent[], message: string, seq: number): boolean =>
  events.some((event) => event.kind === 'deleted' && event.id === message && event.seq <= seq);

/** Nothing appears that nobody wrote, nor under another name, nor elsewhere; and nothing whose last word was a refusal for good. */
export const nothingUnsent: Check = (evidence) => {
  const { history, relay } = evidence;
  const found: string[] = [];
  const pressed = pressedEnters(evidence);
  const texts = new Map([...pressed].map(([message, { text }]) => [message, new Set([text])]));
  for (const { message, text } of history.all('revised')) texts.get(message)?.add(text);
  const deleted = new Set(history.all('deleted').map(({ message }) => message));
  const refused = refusedForGood(history);
  for (const [feed, { events }] of relay.feeds) {
    const channel = channelOf(feed);
    if (channel === undefined) continue;
    for (const event of events) {
      const id = idOf(event);
      if (id === undefined) continue;
      const source = pressed.get(id);
      const where = `${feed} ${event.seq}`;
      if (!source) found.push(`${where}: nobody wrote message ${id}`);
      else if (source.channel !== channel)
        found.push(`${where}: message ${id} was written in ${source.channel}`);
      else if (isPosted(event) && source.member !== event.by)
        found.push(`${where}: message ${id} was written by ${source.member}, not ${event.by}`);
      else if (
        (event.kind === 'posted' || event.kind === 'edited') &&
        !texts.get(id)?.has(event.text)
      )
        found.push(`${where}: message ${id} has words nobody gave it`);
      else if ((event.kind === 'deleted' || event.kind === 'redacted') && !deleted.has(id))
        found.push(`${where}: nobody deleted message ${id}`);
      if (isPosted(event) && refused.has(`${event.by} ${id}`))
        found.push(`${where}: message ${id} had been refused for good`);
    }
  }
  return found;
};

function refusedForGood(history: History): ReadonlySet<string> {
  const refused = new Set<string>();
  for (const moment of history.moments) {
    if (moment.kind === 'refused' && !moment.isRetryable)
      refused.add(`${moment.member} ${moment.op}`);
    // A person pressed Retry.
    else if (moment.kind === 'asked') refused.delete(`${moment.member} ${moment.frame.op}`);
  }
  return refused;
}

/** One effect: one row at the relay for each (sender, id), one row in each cache, one notification on each computer. */
export const onlyOnce: Check = ({ history, relay, desktops }) => {
  const found: string[] = [];
  const posted = countBy([...postedIn(relay)], ({ event, id }) => `${event.by} ${id}`);
  for (const [key, count] of posted)
    if (count > 1) found.push(`the relay has message ${key} ${count} times`);
  for (const { computer, channels } of desktops) {
    const ids = [...channels.values()].flatMap(({ messages }) => messages.map(({ id }) => id));
    for (const [id, count] of countBy(ids, (id) => id))
      if (count > 1) found.push(`${computer} has message ${id} ${count} times`);
  }
  for (const [key, count] of countBy(
    history.all('toast'),
    ({ computer, message }) => `${computer} of message ${message}`,
  )) {
    if (count > 1) found.push(`${count} notifications on ${key}`);
  }
  return found;
};

/** Every accepted Enter ended: at the relay, or visibly failed on the computer it was pressed on, or taken back by the person. */
export const everyEnterEnds: Check = ({ history, relay, desktops }) => {
  const found: string[] = [];
  const posted = new Set([...postedIn(relay)].map(({ event, id }) => `${event.by} ${id}`));
  const discarded = new Set(history.all('discarded').map(({ message }) => message));
  for (const { ops } of history.all('damaged')) for (const op of ops) discarded.add(op);
  for (const { member, computer, message } of history.all('entered')) {
    if (posted.has(`${member} ${message}`) || discarded.has(message)) continue;
    const item = desktops
      .find((desktop) => desktop.computer === computer)
      ?.outbox.find(({ op }) => op === message);
    if (!item)
      found.push(`message ${message} of ${computer} is gone: not at the relay, not in the outbox`);
  }
  for (const { computer, outbox } of desktops) {
    for (const { op, frame, state } of outbox)
      if (state !== 'failed')
        found.push(`${frame.t} ${op} still waits in the outbox of ${computer}`);
  }
  return found;
};

/** Each feed is one sequence without holes, and a number never meant two different things, to nobody, at no time. */
export const oneOrder: Check = ({ history, relay }) => {
  const found: string[] = [];
  for (const [feed, { head, events }] of relay.feeds) {
    if (events.length !== head)
      found.push(`${feed} has ${events.length} events and the head ${head}`);
    events.forEach((event, index) => {
      if (event.seq !== index + 1)
        found.push(`${feed}: event ${index + 1} has the number ${event.seq}`);
      if (index > 0 && event.at < (events[index - 1]?.at ?? 0))
        found.push(`${feed} ${event.seq} is older than the event before it`);
    });
  }
  const said = new Set<string>();
  for (const { computer, feed, event } of history.sinceRestore().all('told')) {
    const stored = relay.feeds.get(feed)?.events[event.seq - 1];
    const problem = stored ? difference(event, stored) : 'the relay has nothing there';
    if (problem === undefined) continue;
    const words = `${computer} was told ${describe(event)} at ${feed} ${event.seq}: ${problem}`;
    if (!said.has(words)) found.push(words);
    said.add(words);
  }
  return found;
};

/** What may differ between two tellings of one event: the words of a message, when it was edited or deleted between them. */
function difference(told: FeedEvent, stored: FeedEvent): string | undefined {
  if (told.at !== stored.at || told.by !== stored.by)
    return `the relay has another moment or author (${describe(stored)})`;
  if (isPosted(told) || isEdited(told)) {
    const isSameKind = isPosted(told) === isPosted(stored) && isEdited(told) === isEdited(stored);
    return isSameKind && idOf(told) === idOf(stored)
      ? undefined
      : `the relay has ${describe(stored)}`;
  }
  return isDeepStrictEqual(told, stored) ? undefined : `the relay has ${describe(stored)}`;
}

/** Of what was deleted no word is left: not in the relay's feed, not in a history of edits, not in a cache. */
export const deletedIsGone: Check = ({ relay, desktops }) => {
  const found: string[] = [];
  const deleted = new Set<string>();
  for (const { events } of relay.feeds.values())
    for (const event of events) if (event.kind === 'deleted') deleted.add(event.id);
  for (const [feed, { events }] of relay.feeds) {
    for (const event of events) {
      const hasWords = event.kind === 'posted' || event.kind === 'edited';
      if (hasWords && deleted.has(event.id))
        found.push(
          `${feed} ${event.seq} still has words of message ${event.id}, which was deleted`,
        );
    }
  }
  for (const id of relay.revisions.keys())
    if (deleted.has(id))
      found.push(`the relay keeps earlier words of message ${id}, which was deleted`);
  for (const { computer, channels } of desktops) {
    for (const { messages } of channels.values()) {
      for (const { id, text } of messages)
        if (deleted.has(id) && text !== '')
          found.push(`${computer} keeps words of message ${id}, which was deleted`);
    }
  }
  return found;
};

/** Every file passes SQLite's own examination. */
export const filesAreSound: Check = ({ relay, desktops }) => [
  ...relay.damage.map((words) => `relay: ${words}`),
  ...desktops.flatMap(({ computer, damage }) => damage.map((words) => `${computer}: ${words}`)),
];

/** What no run may break. `heldWhole` comes on top where channels are short. */
export const PROMISES = {
  ackedIsKept,
  offeredAgain,
  draftsAreKept,
  nothingUnsent,
  onlyOnce,
  everyEnterEnds,
  oneOrder,
  converged,
  countsAgree,
  deletedIsGone,
  filesAreSound,
} as const;

export function violations(
  evidence: Evidence,
  checks: Readonly<Record<string, Check>> = PROMISES,
): readonly string[] {
  return Object.entries(checks).flatMap(([name, check]) =>
    check(evidence).map((words) => `${name}: ${words}`),
  );
}

const describe = (event: FeedEvent): string =>
  `${event.kind}${idOf(event) === undefined ? '' : ` ${idOf(event)}`} by ${event.by}`;

function countBy<T>(all: readonly T[], key: (one: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
  return counts;
}
