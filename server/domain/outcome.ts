/**
 * What a mutation comes to: the place of its event, or why not. Use cases run inside one `store.write`; all their checks come before
 * their first write, so a refusal leaves nothing behind and disturbs nobody in the same group commit.
 */
import { refuse, type Refusal, type RefusalKind } from '../../protocol/errors.ts';
import type { FeedId, MemberId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import type { Appended, Repeated, WriteTx } from '../ports/store.ts';

export interface Done {
  readonly feed: FeedId;
  readonly seq: number;
  readonly at: number;
}
export type Outcome = Result<Done, Refusal>;

/** What every use case is given beside the frame. */
export interface Situation {
  readonly tx: WriteTx;
  /** Who asks. */
  readonly by: MemberId;
  readonly limits: Limits;
  /** Milliseconds since 1970, by the relay's clock. */
  readonly now: number;
}

export const refused = (
  kind: RefusalKind,
  field?: string,
): { readonly ok: false; readonly error: Refusal } =>
  fail(refuse(kind, field === undefined ? {} : { field }));

/** The answer to an event that was just appended, or had been before. */
export function done(appended: Appended): Outcome {
  if (!appended.isNew && !appended.isSame) return refused('conflict');
  const { feed, seq, at } = appended.event;
  return ok({ feed, seq, at });
}

/** The answer to an operation that was carried out before, whatever has happened since; undefined when it is new. */
export const doneBefore = (repeated: Repeated | undefined): Outcome | undefined =>
  repeated && done(repeated);

/** The answer to a change that is the case already: nothing is appended, the feed stands where it stands. */
export async function asItIs({ tx, now }: Situation, feed: FeedId): Promise<Outcome> {
  return ok({ feed, seq: await tx.head(feed), at: now });
}
