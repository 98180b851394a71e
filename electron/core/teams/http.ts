/**
 * The few things said to a relay over HTTPS, with the answer's shape checked: a refusal becomes a problem, an answer of
 * another shape means that no relay of ours is there.
 */
import type { z } from 'zod';
import { refusal } from '../../../protocol/errors.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { Problem } from '../../bridge/commands.ts';
import type { RelayNet, RelayTarget } from '../ports.ts';
import { ofFault, ofRefusal } from '../problems.ts';

export async function askRelay<Schema extends z.ZodType>(
  net: RelayNet,
  target: RelayTarget,
  request: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: unknown },
  schema: Schema,
): Promise<Result<z.infer<Schema>, Problem>> {
  const answer = await net.request(target, request);
  if (!answer.ok) return fail(ofFault(answer.error));
  const { status, body } = answer.value;
  if (status >= 200 && status < 300) {
    const parsed = schema.safeParse(body);
    return parsed.success ? ok(parsed.data) : fail({ kind: 'not-a-relay' });
  }
  const refused = refusal.safeParse((body as { readonly refusal?: unknown } | null)?.refusal);
  if (refused.success) return fail(ofRefusal(refused.data));
  return fail({ kind: status >= 500 ? 'unavailable' : 'not-a-relay' });
}

/** `ws://127.0.0.1:…` is a plain relay on this computer, for tests and benches; all else is TLS. */
export function targetOf(address: string, fingerprint: string | null): RelayTarget {
  const plain = /^(?:ws|http):\/\/(.+)$/.exec(address)?.[1];
  return plain === undefined
    ? { address, fingerprint }
    : { address: plain, fingerprint: null, isPlain: true };
}
