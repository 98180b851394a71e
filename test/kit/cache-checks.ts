/** The promises about what a desktop holds in the end, as checkers: it is what the relay has, and the counts are what it comes to. */
import { isDeepStrictEqual } from 'node:util';
import { findMentions } from '../../protocol/mentions.ts';
import type { DesktopRead, HeldChannel } from './desktop-read.ts';
import type { Check } from './evidence.ts';
import { foldChannel } from './reference.ts';
import type { RelayRead } from './relay-read.ts';

/** At rest every desktop agrees with the relay, and so with every other: channels, facts, words, read marks, people. */
export const converged: Check = ({ relay, desktops }) =>
  desktops.flatMap((desktop) => convergence(relay, desktop));

function convergence(
  relay: RelayRead,
  { computer, member, epoch, channels, members }: DesktopRead,
): readonly string[] {
  const found: string[] = [];
  if (epoch !== relay.epoch) found.push(`${computer} knows another epoch`);
  for (const [id, { facts, roster }] of relay.channels) {
    const seat = roster.get(member);
    const held = channels.get(id);
    if (!seat) {
      if (held?.isJoined) found.push(`${computer} thinks it is in ${id}`);
      if (held && held.messages.length > 0)
        found.push(`${computer} kept messages of ${id}, which it is not in`);
      if (!held && facts.kind === 'public')
        found.push(`${computer} does not list the public channel ${id}`);
      continue;
    }
    if (!held?.isJoined) {
      found.push(`${computer} does not know that it is in ${id}`);
      continue;
    }
    const { name, topic, isArchived, readSeq, level } = held;
    const told = { name, topic, isArchived, readSeq, level };
    const truth = { name: facts.name, topic: facts.topic, isArchived: facts.isArchived, ...seat };
    if (!isDeepStrictEqual(told, truth))
      found.push(
        `${computer} has ${JSON.stringify(told)} of ${id}, the relay ${JSON.stringify(truth)}`,
      );
    found.push(...sameMessages(computer, held, relay));
  }
  for (const id of channels.keys())
    if (!relay.channels.has(id))
      found.push(`${computer} has a channel ${id} that the relay does not have`);
  for (const [id, { name, role, isActive }] of relay.members) {
    if (!isDeepStrictEqual(members.get(id), { name, role, isActive }))
      found.push(`${computer} has another idea of member ${id}`);
  }
  return found;
}

function sameMessages(computer: string, held: HeldChannel, relay: RelayRead): readonly string[] {
  const found: string[] = [];
  const feed = relay.feeds.get(`channel/${held.id}`);
  const head = feed?.head ?? 0;
  const where = `${computer} in ${held.id}`;
  if (held.head !== head) found.push(`${where} knows the head ${held.head}, the relay has ${head}`);
  const { messages } = foldChannel(feed?.events ?? []);
  const expected = [...messages.values()]
    .filter((message) => holds(held, message.seq))
    .sort((a, b) => a.seq - b.seq);
  const here = new Map(held.messages.map((message) => [message.seq, message]));
  for (const { editSeq: _, ...message } of expected) {
    const mine = here.get(message.seq);
    here.delete(message.seq);
    if (!mine) found.push(`${where} lacks message ${message.id} at ${message.seq}`);
    else if (!isDeepStrictEqual(plain(mine), plain(message)))
      found.push(
        `${where} has another message than ${message.id} at ${message.seq}, or other words`,
      );
  }
  for (const { id, seq } of here.values())
    found.push(
      `${where} has message ${id} at ${seq}, where the relay has none, or outside what it holds`,
    );
  return found;
}

const plain = (message: {
  readonly isDeleted: boolean;
  readonly editedAt: number | null;
}): object => (message.isDeleted ? { ...message, editedAt: null } : message);

/** Every channel a desktop is in is there from its first event to its last. For runs too short for holes of history. */
export const heldWhole: Check = ({ relay, desktops }) => {
  const found: string[] = [];
  for (const { computer, channels } of desktops) {
    for (const { id, isJoined, held } of channels.values()) {
      const head = relay.feeds.get(`channel/${id}`)?.head ?? 0;
      const whole = head === 0 ? [] : [{ from: 1, to: head }];
      if (isJoined && !isDeepStrictEqual(held, whole))
        found.push(`${computer} holds ${JSON.stringify(held)} of ${id}, whose head is ${head}`);
    }
  }
  return found;
};

/** Unread and mentions are what counting again gives; a read mark never lies beyond the head. */
export const countsAgree: Check = ({ relay, desktops }) => {
  const found: string[] = [];
  const handles = new Set([...relay.members.values()].map(({ handle }) => handle));
  for (const { computer, member, channels } of desktops) {
    const me = relay.members.get(member)?.handle ?? '';
    for (const { id, isJoined, messages, unread, mentions, readSeq, head } of channels.values()) {
      if (!isJoined) continue;
      const kind = relay.channels.get(id)?.facts.kind;
      const waiting = messages.filter(
        (message) =>
          message.seq > (readSeq ?? 0) && message.author !== member && !message.isDeleted,
      );
      const calling = waiting.filter(({ text }) =>
        findMentions(text, (handle) => handles.has(handle)).some(
          ({ whom, handle }) => whom !== 'handle' || handle === me,
        ),
      );
      const isConversation = kind === 'direct' || kind === 'group';
      const expected = {
        unread: waiting.length,
        mentions: isConversation ? waiting.length : calling.length,
      };
      if (!isDeepStrictEqual({ unread, mentions }, expected)) {
        found.push(
          `${computer} counts ${unread} unread and ${mentions} mentions in ${id}, where there are ${expected.unread} and ${expected.mentions}`,
        );
      }
      if ((readSeq ?? 0) > head)
        found.push(`${computer} has read ${id} up to ${readSeq}, beyond its head ${head}`);
    }
  }
  return found;
};

/** Whether the cache says that it holds what is at this place. */
export const holds = ({ held }: HeldChannel, seq: number): boolean =>
  held.some(({ from, to }) => seq >= from && seq <= to);
