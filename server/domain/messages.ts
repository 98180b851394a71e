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
import { judge } from './access.ts';
import { asItIs, done, refused, type Outcome, type Situation } from './outcome.ts';

export async function post(
  { tx, by, limits }: Situation,
  ask: MutationOf<'post'>,
): Promise<Outcome> {
  const draft: EventDraft = {
    by,
    kind: 'posted',
    op: ask.op,
    body: { id: ask.op, text: ask.text },
  };
  const { before, standing, message } = await tx.preconditions(ask.channel, draft, ask.op);
  if (before) return done(before);
  const access = judge(standing, by, 'post');
  if (!access.ok) return access;
  if (isTooLong(ask.text, limits.textBytes)) return refused('too-large', 'text');
  if (message) return refused('conflict');
  return done(await tx.append(channelFeed(ask.channel), draft));
}

export async function edit(
  { tx, by, limits }: Situation,
  ask: MutationOf<'edit'>,
): Promise<Outcome> {
  const draft: EventDraft = {
    by,
    kind: 'edited',
    op: ask.op,
    body: { id: ask.message, text: ask.text },
  };
  const { before, standing, message } = await tx.preconditions(ask.channel, draft, ask.message);
  if (before) return done(before);
  const seen = judge(standing, by, 'see');
  if (!seen.ok) return seen;
  if (!message || message.isDeleted) return refused('not-found');
  const access = judge(standing, by, message.by === by ? 'edit-own' : 'edit-other');
  if (!access.ok) return access;
  if (isTooLong(ask.text, limits.textBytes)) return refused('too-large', 'text');
  const appended = await tx.append(channelFeed(ask.channel), draft);
  if (appended.isNew) {
    await tx.reviseMessage(ask.channel, ask.message, {
      text: ask.text,
      seq: appended.event.seq,
      at: appended.event.at,
    });
  }
  return done(appended);
}

export async function deleteMessage(
  situation: Situation,
  ask: MutationOf<'delete'>,
): Promise<Outcome> {
  const { tx, by } = situation;
  const draft: EventDraft = { by, kind: 'deleted', op: ask.op, body: { id: ask.message } };
  const { before, standing, message } = await tx.preconditions(ask.channel, draft, ask.message);
  if (before) return done(before);
  const seen = judge(standing, by, 'see');
  if (!seen.ok) return seen;
  if (!message) return refused('not-found');
  const access = judge(standing, by, message.by === by ? 'delete-own' : 'delete-other');
  if (!access.ok) return access;
  const feed = channelFeed(ask.channel);
  if (message.isDeleted) return asItIs(situation, feed);
  const appended = await tx.append(feed, draft);
  if (appended.isNew) await tx.redactMessage(ask.channel, ask.message);
  return done(appended);
}

/** A character takes at most three bytes per UTF-16 unit, so most texts need no counting. */
const isTooLong = (text: string, bytes: number): boolean =>
  text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes;
