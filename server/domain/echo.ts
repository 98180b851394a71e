/**
 * What measures a line: an event that takes the way of a message through store and fan-out, into the sender's own feed, where nobody else
 * hears it. It is kept like any event, for only what is kept comes to every door; it counts against the same allowance as messages.
 */
import type { MutationOf } from '../../protocol/frames-up.ts';
import { memberFeed } from '../../protocol/ids.ts';
import type { EventDraft } from '../ports/store.ts';
import { checkMember } from './access.ts';
import { done, doneBefore, type Outcome, type Situation } from './outcome.ts';

export async function echo({ tx, by }: Situation, ask: MutationOf<'echo'>): Promise<Outcome> {
  const feed = memberFeed(by);
  const draft: EventDraft = {
    by,
    kind: 'echoed',
    op: ask.op,
    body: { id: ask.op, text: ask.text },
  };
  const before = doneBefore(await tx.repeated(feed, draft));
  if (before) return before;
  const asker = await checkMember(tx, by);
  return asker.ok ? done(await tx.append(feed, draft)) : asker;
}
