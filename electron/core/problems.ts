/**
 * Turns what went wrong on the way to a relay into what a command answers. One table for all commands.
 */
import type { Refusal } from '../../protocol/errors.ts';
import { fail } from '../../protocol/result.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Problem, ProblemKind } from '../bridge/commands.ts';
import type { DialFault } from './ports.ts';

export const problem = (
  kind: ProblemKind,
  more: Omit<Problem, 'kind'> = {},
): { readonly ok: false; readonly error: Problem } => fail({ kind, ...more });

export const ofRefusal = ({ kind, retryAfterMs, field }: Refusal): Problem => ({
  kind,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  ...(field === undefined ? {} : { field }),
});

export function ofFault(fault: DialFault): Problem {
  switch (fault.kind) {
    case 'unreachable':
    // The relay is there, and what was asked of it can be asked again.
    case 'no-upgrade':
      return { kind: 'unreachable' };
    case 'not-a-relay':
      return { kind: fault.kind };
    case 'key-mismatch':
      return { kind: 'key-mismatch', expectedKey: fault.expected, seenKey: fault.seen };
    case 'answered-for':
    case 'refused':
      return {
        kind: fault.status === 429 ? 'rate-limited' : 'unavailable',
        ...(fault.retryAfterMs === null ? {} : { retryAfterMs: fault.retryAfterMs }),
      };
    default:
      return assertNever(fault);
  }
}
