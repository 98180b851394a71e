/** How refusals and faults look in HTTP: one status per kind, one body shape, nothing about the inside. */
import { refuse, type Refusal, type RefusalKind } from '../../protocol/errors.ts';
import { StoreUnavailable } from '../ports/store.ts';

const STATUS: Readonly<Record<RefusalKind, number>> = {
  'bad-request': 400,
  'unknown-frame': 400,
  'not-found': 404,
  'not-allowed': 403,
  'unknown-host': 421,
  conflict: 409,
  taken: 409,
  archived: 409,
  'too-large': 413,
  'limit-reached': 409,
  'rate-limited': 429,
  unavailable: 503,
  'wrong-credentials': 401,
  'weak-password': 422,
  'too-many-sessions': 409,
  'session-ended': 401,
  'version-unsupported': 400,
  'setup-done': 409,
  internal: 500,
};

/** What every answer has. */
export const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly refusal: Refusal };
}

export function refusalAnswer(refusal: Refusal, status = STATUS[refusal.kind]): Answer {
  const headers: Record<string, string> = {};
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  if (refusal.retryAfterMs !== undefined)
    headers['retry-after'] = String(Math.ceil(refusal.retryAfterMs / 1000));
  return { status, headers, body: { refusal } };
}

/** What somebody is told of an exception, and whether it is ours to look into. */
export function faultAnswer(error: unknown): { readonly answer: Answer; readonly isBug: boolean } {
  if (error instanceof StoreUnavailable) {
    return { answer: refusalAnswer(refuse('unavailable', { retryAfterMs: 2_000 })), isBug: false };
  }
  // Fastify's own: body too large, wrong content type, broken JSON …
  const { statusCode } = error as { readonly statusCode?: unknown };
  if (statusCode === 413) return { answer: refusalAnswer(refuse('too-large')), isBug: false };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return { answer: refusalAnswer(refuse('bad-request'), statusCode), isBug: false };
  }
  return { answer: refusalAnswer(refuse('internal', { retryAfterMs: 2_000 })), isBug: true };
}
