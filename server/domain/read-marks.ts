/** What one person keeps about a channel on all their devices: how far they have read, and what they want to be told. */
import type { MutationOf } from '../../protocol/frames-up.ts';
import { channelFeed, memberFeed } from '../../protocol/ids.ts';
import type { EventDraft } from '../ports/store.ts';
import { checkChannel } from './access.ts';
import { asItIs, done, doneBefore, refused, type Outcome, type Situation } from './outcome.ts';

/** Forward only, so that two devices cannot undo each other's reading; back only when a person said so. */
export async function markRead(situation: Situation, ask: MutationOf<'read'>): Promise<Outcome> {
  const { tx, by } = situation;
  const feed = memberFeed(by);
  const draft: EventDraft = {
    by,
    kind: 'read',
    op: ask.op,
    body: { channel: ask.channel, readSeq: ask.seq },
  };
  const before = doneBefore(await tx.repeated(feed, draft));
  if (before) return before;
  const access = await checkChannel(tx, by, ask.channel, 'mark');
  if (!access.ok) return access;
  if (ask.seq > (await tx.head(channelFeed(ask.channel)))) return refused('bad-request', 'seq');
  const mark = await tx.readMark(ask.channel, by);
  if (ask.seq === mark || (ask.seq < mark && ask.isBack !== true)) return asItIs(situation, feed);
  const appended = await tx.append(feed, draft);
  await tx.putReadMark(ask.channel, by, ask.seq);
  return done(appended);
}

export async function setLevel(situation: Situation, ask: MutationOf<'level'>): Promise<Outcome> {
  const { tx, by } = situation;
  const feed = memberFeed(by);
  const draft: EventDraft = {
    by,
    kind: 'level',
    op: ask.op,
    body: { channel: ask.channel, level: ask.level },
  };
  const before = doneBefore(await tx.repeated(feed, draft));
  if (before) return before;
  const access = await checkChannel(tx, by, ask.channel, 'mark');
  if (!access.ok) return access;
  const current = (await tx.memberChannels(by)).find(({ channel }) => channel.id === ask.channel);
  if (current?.level === ask.level) return asItIs(situation, feed);
  const appended = await tx.append(feed, draft);
  await tx.putLevel(ask.channel, by, ask.level);
  return done(appended);
}
