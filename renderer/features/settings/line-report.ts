/** What the doctor found as plain text, for the clipboard: to hand to whoever runs the relay. Holds nothing secret: findings do not. */
import type { CheckView } from '../../../electron/bridge/line.ts';
import type { TeamView } from '../../../electron/bridge/views.ts';
import { adviceWords, findingWords } from '../../i18n/line-words.ts';
import type { Words } from '../../i18n/words.ts';

export interface ReportParts {
  readonly check: CheckView;
  readonly team: Pick<TeamView, 'address'>;
  readonly version: string;
  readonly now: number;
}

export function lineReport(words: Words, { check, team, version, now }: ReportParts): string {
  const title = words.say('line.report-title', {
    version,
    address: team.address,
    time: new Date(now).toISOString(),
  });
  const lines = check.steps.map((step) => {
    const found = check.findings.find((one) => one.step === step);
    const name = words.say(`step.${step}`);
    if (!found) return `[${words.say('line.left-out')}] ${name}`;
    const advice = adviceWords(words, found);
    const line = `[${words.say(found.isWell ? 'line.well' : 'line.problem')}] ${name}: ${findingWords(words, found)}`;
    return advice === undefined ? line : `${line}\n    ${advice}`;
  });
  return [title, ...lines, ''].join('\n');
}
