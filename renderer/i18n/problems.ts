/** Refusals in words: what happened, what is safe, what to do. One sentence for every kind; an unknown kind gets the plainest. */
import type { Problem } from '../../electron/bridge/commands.ts';
import { CATALOGUE, type MessageKey } from './catalogue.ts';
import type { Words } from './words.ts';

/** What of an invite may be more than its maker may give. */
const INVITE_TERMS: ReadonlySet<string | undefined> = new Set(['days', 'uses']);

export function problemWords(words: Words, problem: string | Problem): string {
  const kind = typeof problem === 'string' ? problem : problem.kind;
  if (typeof problem !== 'string' && kind === 'taken' && problem.field !== undefined) {
    return words.say(problem.field.endsWith('handle') ? 'problem.taken-handle' : 'problem.taken');
  }
  if (typeof problem !== 'string' && kind === 'not-allowed' && INVITE_TERMS.has(problem.field))
    return words.say('problem.invite-limit');
  if (typeof problem !== 'string' && kind === 'rate-limited' && problem.field === 'members')
    return words.say('problem.rate-limited-members');
  const key = `problem.${kind}`;
  return words.say(key in CATALOGUE ? (key as MessageKey) : 'problem.internal');
}
