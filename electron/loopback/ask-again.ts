/** Asks the host that runs on this data for a fresh address, and hands it a link if there is one. */
import { z } from 'zod';
import type { LockEntry } from './host-lock.ts';

const ANSWER_LIMIT_MS = 2_000;
const answer = z.object({ url: z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}\/#t=[\w-]+$/) });

/** Undefined when nobody answers there, or somebody else does. */
export async function askAgain({ host, key }: LockEntry, link?: string): Promise<string | undefined> {
  try {
    const response = await fetch(`http://${host}/again`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: link ?? '',
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const parsed = response.ok ? answer.safeParse(await response.json()) : undefined;
    return parsed?.success === true ? parsed.data.url : undefined;
  } catch {
    return undefined;
  }
}
