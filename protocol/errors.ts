/**
 * Refusals: why the relay did not do what was asked. A refusal is a value with a stable `kind`; whether coming back
 * later can help is a property of the kind, stated once, here. A refusal never carries a stack, SQL, or a word of
 * anybody's message, and says `not-found` alike for what is missing and for what the asker may not see.
 */
import { z } from 'zod';

const KINDS = {
  /** The frame or body is not of its schema; `field` names the first wrong place. */
  'bad-request': { retryable: false },
  /** The frame's `t` is not one this relay knows. */
  'unknown-frame': { retryable: false },
  /** No such thing, or none that the asker may see. */
  'not-found': { retryable: false },
  /** The asker sees it but may not do that. */
  'not-allowed': { retryable: false },
  /** The relay does not answer to the name in the request's `Host`. */
  'unknown-host': { retryable: false },
  /** The same id came before with other content. */
  conflict: { retryable: false },
  /** A name or handle that is in use. */
  taken: { retryable: false },
  /** The channel is archived. */
  archived: { retryable: false },
  'too-large': { retryable: false },
  /** A count has reached its limit (members of a channel, channels of a member …). */
  'limit-reached': { retryable: false },
  'rate-limited': { retryable: true },
  /** The relay is going down or its store cannot write; nothing was written. */
  unavailable: { retryable: true },
  /** Wrong handle or password, wrong or used code: one answer for all of them. */
  'wrong-credentials': { retryable: false },
  'weak-password': { retryable: false },
  /** The member is signed in on as many devices as allowed, and each was used lately: one has to be signed out first. */
  'too-many-sessions': { retryable: false },
  /** The session is over: signed out elsewhere, revoked, or the member is deactivated. */
  'session-ended': { retryable: false },
  'version-unsupported': { retryable: false },
  'setup-done': { retryable: false },
  internal: { retryable: true },
} as const;

export type RefusalKind = keyof typeof KINDS;
export const REFUSAL_KINDS = Object.keys(KINDS) as readonly RefusalKind[];

export interface Refusal {
  readonly kind: RefusalKind;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
  /** The offending field, as a dotted path, for `bad-request`, `taken` and `too-large`. */
  readonly field?: string | undefined;
}

export const refusal = z.object({
  kind: z.enum(REFUSAL_KINDS as [RefusalKind, ...RefusalKind[]]).catch('internal'),
  retryable: z.boolean(),
  retryAfterMs: z.number().int().nonnegative().optional(),
  field: z.string().max(200).optional(),
});

export function refuse(
  kind: RefusalKind,
  more: { readonly retryAfterMs?: number; readonly field?: string } = {},
): Refusal {
  return { kind, retryable: KINDS[kind].retryable, ...more };
}
