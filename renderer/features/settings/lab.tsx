/** The four doors of a relay side by side: measured on request, drawn, and each with what it cannot do. What was not measured is a dash. */
import { useState } from 'react';
import type { DoorRow, LabView } from '../../../electron/bridge/lab.ts';
import { useWords } from '../../i18n/context.tsx';
import { faultWords, labStatus } from '../../i18n/lab-words.ts';
import { problemWords } from '../../i18n/problems.ts';
import { Button } from '../../ui/button.tsx';
import { CheckBox } from '../../ui/choice.tsx';
import form from '../../ui/form.module.css';
import { LabTable } from './lab-table.tsx';
import { useLab } from './use-lab.ts';
import styles from './lab.module.css';

export function Lab({ team }: { readonly team: string }) {
  const words = useWords();
  const { view, problem, start, stop } = useLab(team);
  const [withIdle, setWithIdle] = useState(false);
  const isRunning = view?.state === 'running';
  return (
    <div className={styles['lab']}>
      <p className={form['hint']}>{words.say('lab.about')}</p>
      <div className={form['acts']}>
        {/* One button: what is pressed must not vanish from under the keyboard. */}
        <Button size="small" onPress={() => (isRunning ? stop() : start(withIdle))}>
          {words.say(isRunning ? 'lab.stop' : 'lab.start')}
        </Button>
        <CheckBox label={words.say('lab.with-idle')} isOn={withIdle} onChange={setWithIdle} />
      </div>
      {problem !== null && <p className={form['problem']}>{problemWords(words, problem)}</p>}
      <p role="status" className={styles['status']}>
        {view === null ? '' : labStatus(words, view)}
      </p>
      {view !== null && view.rows.length > 0 && <Results view={view} />}
    </div>
  );
}

function Results({ view: { rows } }: { readonly view: LabView }) {
  const words = useWords();
  const cpu = rows.map(({ traffic }) =>
    traffic.state === 'measured' ? traffic.figures.cpu.state : 'measured',
  );
  const unsaid = cpu.find((state) => state !== 'measured');
  const others = rows.reduce(
    (all, { traffic, idle }) => all + othersOf(traffic) + othersOf(idle),
    0,
  );
  return (
    <>
      <LabTable rows={rows} />
      {unsaid !== undefined && <p className={form['hint']}>{words.say(`lab.cpu.${unsaid}`)}</p>}
      {others > 0 && <p className={form['hint']}>{words.say('lab.others', { count: others })}</p>}
      <dl className={styles['cannot']}>
        {rows.map((row) => (
          <Door key={row.door} row={row} />
        ))}
      </dl>
    </>
  );
}

function Door({ row: { door, traffic, idle } }: { readonly row: DoorRow }) {
  const words = useWords();
  return (
    <div>
      <dt>{words.say(`wire.door-name.${door}`)}</dt>
      <dd>
        {traffic.state === 'failed' && (
          <span className={styles['why']}>{faultWords(words, traffic.why)} </span>
        )}
        {idle.state === 'failed' && (
          <span className={styles['why']}>
            {words.say('lab.idle-failed', { why: faultWords(words, idle.why) })}{' '}
          </span>
        )}
        {words.say(`lab.cannot.${door}`)}
      </dd>
    </div>
  );
}

const othersOf = (stage: DoorRow['traffic'] | DoorRow['idle']): number =>
  stage.state === 'measured' ? stage.figures.others : 0;
