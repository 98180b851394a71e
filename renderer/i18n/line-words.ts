/** The line in words: findings of the doctor, turns of a line, close codes. What a newer relay says is worded by its range. */
import type { Finding } from '../../doctor/findings.ts';
import type { TurnSeen } from '../../electron/bridge/line.ts';
import { CATALOGUE, type MessageKey } from './catalogue.ts';
import type { Words } from './words.ts';

export const findingWords = (words: Words, { says, facts }: Finding): string =>
  words.say(`doctor.${says}`, facts);

/** What to do; nothing where all is well. */
export function adviceWords(words: Words, { says, isWell }: Finding): string | undefined {
  const key = `advice.${says}`;
  return !isWell && key in CATALOGUE ? words.say(key as MessageKey) : undefined;
}

export function closeWords(words: Words, code: number): string {
  const key = `close.${code}`;
  if (key in CATALOGUE) return words.say(key as MessageKey);
  return words.say(code >= 4500 && code <= 4999 ? 'close.stop' : 'close.again');
}

export function turnWords(words: Words, turn: TurnSeen): string {
  switch (turn.kind) {
    case 'dialed':
      return words.say('turn.dialed', { door: words.say(`wire.door-name.${turn.door}`) });
    case 'opened':
      return words.say('turn.opened', { ms: turn.ms });
    case 'refused':
    case 'answered-for':
    case 'upgrade-answered-for':
      return words.say(`turn.${turn.kind}`, { status: turn.status });
    case 'cut':
      return words.say('turn.cut', { seconds: Math.round(turn.silentMs / 1_000) });
    case 'closed':
      return words.say('turn.closed', { code: turn.code, why: closeWords(words, turn.code) });
    default:
      return words.say(`turn.${turn.kind}`);
  }
}
