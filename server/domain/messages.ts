/**
 * Messages: posting, editing with history, deleting for good.
 *
 * A message's id is its operation id, scoped to its sender: two senders may use one id in two channels without noticing each other.
 * Within one channel an id names one message, so an id that another member has used there is refused as a conflict (it tells the asker
 * only what they can read anyway), or everybody's edits and deletions would be ambiguous.
 */
import { channelFeed } from '../../protocol/ids.ts';
import type { MutationOf } from '../../protocol/frames-up.ts';
import type { EventDraft } from '../ports/store.ts';
import { checkChannel } from './access.ts';
import { asItIs, done, doneBefore, refused, type Outcome, type Situation } from './outcome.ts';

export async function post(situation: Situation, ask: MutationOf<'post'>): Promise<Outcome> {
  const { tx, by, limits } = situation;
  const feed = channelFeed(ask.channel);
  const draft: EventDraft = { by, kind: 'posted', op: ask.op, body: { id: ask.op, text: ask.text } };
  const before = doneBefore(await tx.repeated(feed, draft));
  if (before) return before;
  const access = await checkChannel(tx, by, ask.channel, 'post');
  if (!access.ok) return access;
  if (isTooLong(ask.text, limits.textBytes)) return refused('too-large', 'text');
  if (await tx.message(ask.channel, ask.op)) return refused('conflict');
  return done(await tx.append(feed, draft));
}

export async function edit(situation: Situation, ask: MutationOf<'edit'>): Promise<Outcome> {
  const { tx, by, limits } = situation;
  const feed = channelFeed(ask.channel);
  const draft: EventDraft = { by, kind: 'edited', op: ask.op, body: { id: ask.message, text: ask.text } };
  const before = doneBefore(await tx.repeated(feed, draft));
  if (before) return before;
  const seen = await checkChannel(tx, by, ask.channel, 'see');
  if (!seen.ok) return seen;
  const message = await tx.message(ask.channel, ask.message);
  if (!message || message.isDeleted) return refused('not-found');
  const access = await checkChannel(tx, by, ask.channel, message.by === by ? 'edit-own' : 'edit-other');
  if (!access.ok) return access;
  if (isTooLong(ask.text, limits.textBytes)) return refused('too-large', 'text');
  const appended = await tx.append(feed, draft);
  if (appended.isNew) {
    await tx.reviseMessage(ask.channel, ask.message, { text: ask.text, seq: appended.event.seq, at: appended.event.at });
  }
  return done(appended);
}

export async function deleteMessage(situation: Situation, ask: MutationOf<'delete'>): Promise<Outcome> {
  const { tx, by } = situation;
  const feed = channelFeed(ask.channel);
  const draft: EventDraft = { by, kind: 'deleted', op: ask.op, body: { id: ask.message } };
  const before = doneBefore(await tx.repeated(feed, draft));
  if (before) return before;
  const seen = await checkChannel(tx, by, ask.channel, 'see');
  if (!seen.ok) return seen;
  const message = await tx.message(ask.channel, ask.message);
  if (!message) return refused('not-found');
  const access = await checkChannel(tx, by, ask.channel, message.by === by ? 'delete-own' : 'delete-other');
  if (!access.ok) return access;
  if (message.isDeleted) return asItIs(situation, feed);
  const appended = await tx.append(feed, draft);
  if (appended.isNew) await tx.redactMessage(ask.channel, ask.message);
  return done(appended);
}

/** A character takes at most three bytes per UTF-16 unit, so most texts need no counting. */
const isTooLong = (text: string, bytes: number): boolean => text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes;
