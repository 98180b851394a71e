/** The transport lab in words: how far it is, and why a door could not be measured. */
import type { LabFault, LabView } from '../../electron/bridge/lab.ts';
import { closeWords } from './line-words.ts';
import { problemWords } from './problems.ts';
import type { Words } from './words.ts';

/** One line that is spoken as it changes. */
export function labStatus(words: Words, { state, rows }: LabView): string {
  if (state === 'none') return '';
  if (state === 'stopped') return words.say('line.stopped');
  const measured = rows.findIndex(({ traffic }) => traffic.state === 'running');
  const door = rows[measured]?.door;
  if (state === 'running') {
    if (door)
      return words.say('lab.measuring', {
        door: words.say(`wire.door-name.${door}`),
        n: measured + 1,
        all: rows.length,
      });
    return words.say(
      rows.some(({ idle }) => idle.state === 'running') ? 'lab.at-rest' : 'act.wait',
    );
  }
  const failed = rows.filter(
    ({ traffic, idle }) => traffic.state === 'failed' || idle.state === 'failed',
  );
  return words.say('lab.done', { failed: failed.length });
}

export function faultWords(words: Words, why: LabFault): string {
  switch (why.kind) {
    case 'refused':
    case 'answered-for':
      return words.say(`lab.why.${why.kind}`, { status: why.status });
    case 'closed':
      return words.say('lab.why.closed', { code: why.code, why: closeWords(words, why.code) });
    case 'turned-down':
      return words.say('lab.why.turned-down', { why: problemWords(words, why.problem) });
    case 'lost':
      return words.say('lab.why.lost', { heard: why.heard, said: why.said });
    default:
      return words.say(`lab.why.${why.kind}`);
  }
}
