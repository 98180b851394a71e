/** Asks the host that runs on this data for a fresh address, and hands it a link if there is one. */
import { z } from 'zod';
import type { LockEntry } from './host-lock.ts';

const ANSWER_LIMIT_MS = 2_000;
const answer = z.object({ url: z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}\/#t=[\w-]+$/) });

/**
 * What became of the question: a fresh address; nobody there, or somebody else; or a host that took the call and has not answered in
 * time, as one that is still opening its data on a slow machine.
 */
export type Again =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'silent' };

export async function askAgain(
  { host, key }: LockEntry,
  link?: string,
  limitMs = ANSWER_LIMIT_MS,
): Promise<Again> {
  try {
    const response = await fetch(`http://${host}/again`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: link ?? '',
      redirect: 'error',
      signal: AbortSignal.timeout(limitMs),
    });
    const parsed = response.ok ? answer.safeParse(await response.json()) : undefined;
    return parsed?.success === true ? { kind: 'url', url: parsed.data.url } : { kind: 'nobody' };
  } catch (error) {
    return { kind: (error as Error).name === 'TimeoutError' ? 'silent' : 'nobody' };
  }
}
