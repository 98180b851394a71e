/** The way to the relay, step by step as it is examined: what was found, what to do, and a report to hand on. */
import { Check, Circle, Minus, TriangleAlert } from 'lucide-react';
import type { Finding, StepName } from '../../../doctor/findings.ts';
import type { CheckView } from '../../../electron/bridge/line.ts';
import type { TeamView } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { adviceWords, findingWords } from '../../i18n/line-words.ts';
import { problemWords } from '../../i18n/problems.ts';
import type { Words } from '../../i18n/words.ts';
import { stateOf } from '../../state/selectors.ts';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { useNow } from '../../ui/hooks.ts';
import { ICON } from '../../ui/icon-button.tsx';
import form from '../../ui/form.module.css';
import { useCommands, useWindow } from '../app/context.tsx';
import { lineReport } from './line-report.ts';
import type { LineCheckInHand } from './use-line.ts';
import styles from './line-check.module.css';

export interface LineCheckProps {
  readonly team: TeamView;
  readonly line: LineCheckInHand;
}

export function LineCheck({ team, line: { check, problem, isRunning, start } }: LineCheckProps) {
  const words = useWords();
  const commands = useCommands();
  const version = useWindow((model) => stateOf(model)?.app.version ?? '');
  const waits = isRunning ? (check?.waits ?? null) : null;
  const now = useNow(1_000, waits !== null);
  const copy = (whole: CheckView): void =>
    void commands.copy(lineReport(words, { check: whole, team, version, now: Date.now() }));
  return (
    <div className={styles['check']}>
      {check !== null && (
        <ol className={styles['steps']} aria-label={words.say('line.steps')}>
          {check.steps.map((step) => (
            <StepRow
              key={step}
              step={step}
              found={check.findings.find((one) => one.step === step)}
              isRunning={isRunning}
              waited={waits?.step === step ? waitedWords(words, waits, now) : ''}
            />
          ))}
        </ol>
      )}
      {problem !== null && <p className={form['problem']}>{problemWords(words, problem)}</p>}
      <p role="status" className={styles['sum']}>
        {check === null || problem !== null ? '' : summary(words, check)}
      </p>
      {check !== null && !isRunning && (
        <div className={form['acts']}>
          <Button size="small" onPress={() => copy(check)}>
            {words.say('line.copy-report')}
          </Button>
          <Button size="small" onPress={() => start(true)}>
            {words.say('line.with-silence')}
          </Button>
        </div>
      )}
    </div>
  );
}

interface StepRowProps {
  readonly step: StepName;
  readonly found: Finding | undefined;
  readonly isRunning: boolean;
  /** For the eye alone: it changes every second. */
  readonly waited: string;
}

function StepRow({ step, found, isRunning, waited }: StepRowProps) {
  const words = useWords();
  const advice = found && adviceWords(words, found);
  const [Icon, state] = found
    ? found.isWell
      ? ([Check, 'line.well'] as const)
      : ([TriangleAlert, 'line.problem'] as const)
    : isRunning
      ? ([Circle, 'line.to-come'] as const)
      : ([Minus, 'line.left-out'] as const);
  return (
    <li
      className={cx(
        styles['step'],
        found === undefined ? styles['open'] : found.isWell ? styles['well'] : styles['bad'],
      )}
    >
      <Icon {...ICON} size={16} aria-hidden />
      <span className={styles['name']}>{words.say(`step.${step}`)}</span>
      <span className={styles['words']}>
        <span className="unseen">{words.say(state)}</span>
        {found && <bdi>{findingWords(words, found)}</bdi>}
        {waited !== '' && <span aria-hidden>{waited}</span>}
        {advice !== undefined && <span className={styles['advice']}>{advice}</span>}
      </span>
    </li>
  );
}

function waitedWords(
  words: Words,
  { since, ms }: NonNullable<CheckView['waits']>,
  now: number,
): string {
  const all = Math.round(ms / 1_000);
  return words.say('line.waited', {
    seconds: Math.min(all, Math.max(0, Math.floor((now - since) / 1_000))),
    all,
  });
}

/** One line that is spoken as it changes: what is looked at, and in the end what came of it. */
function summary(words: Words, { steps, findings, state }: CheckView): string {
  if (state === 'stopped') return words.say('line.stopped');
  const next = steps[findings.length];
  if (state === 'running')
    return next === undefined
      ? words.say('act.wait')
      : words.say('line.looking', { step: words.say(`step.${next}`) });
  const wrong = findings.filter(({ isWell }) => !isWell);
  if (wrong.length === 0) return words.say('line.all-well');
  return words.say('line.wrong', {
    count: wrong.length,
    steps: words.list(wrong.map(({ step }) => words.say(`step.${step}`))),
  });
}
