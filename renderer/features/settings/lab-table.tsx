/** One row for each figure, one column for each door; the bars of a row stand on one line, the tallest being the most of that row. */
import type { DoorRow } from '../../../electron/bridge/lab.ts';
import { useWords } from '../../i18n/context.tsx';
import type { MessageKey } from '../../i18n/catalogue.ts';
import { barHeights } from './ping-graph.tsx';
import form from '../../ui/form.module.css';
import styles from './lab.module.css';

const HEIGHT = 26;

interface Line {
  readonly name: MessageKey;
  /** Undefined where it was not measured. */
  readonly of: (row: DoorRow) => number | undefined;
}

type Traffic = Extract<DoorRow['traffic'], { readonly state: 'measured' }>['figures'];
type Idle = Extract<DoorRow['idle'], { readonly state: 'measured' }>['figures'];

const ofTraffic =
  (figure: (figures: Traffic) => number | undefined): Line['of'] =>
  ({ traffic }) =>
    traffic.state === 'measured' ? figure(traffic.figures) : undefined;
const ofIdle =
  (figure: (figures: Idle) => number): Line['of'] =>
  ({ idle }) =>
    idle.state === 'measured' ? figure(idle.figures) : undefined;

const LINES: readonly Line[] = [
  { name: 'lab.p50', of: ofTraffic(({ p50Ms }) => p50Ms) },
  { name: 'lab.p95', of: ofTraffic(({ p95Ms }) => p95Ms) },
  { name: 'lab.requests', of: ofTraffic(({ requests }) => requests) },
  { name: 'lab.bytes', of: ofTraffic(({ bytes }) => bytes) },
  {
    name: 'lab.cpu-time',
    of: ofTraffic(({ cpu }) => (cpu.state === 'measured' ? cpu.usPerMessage / 1_000 : undefined)),
  },
  { name: 'lab.idle-bytes', of: ofIdle(({ bytes }) => bytes) },
  { name: 'lab.wake-ups', of: ofIdle(({ wakeUps }) => wakeUps) },
];

export function LabTable({ rows }: { readonly rows: readonly DoorRow[] }) {
  const words = useWords();
  return (
    <div className={styles['frame']} tabIndex={0} role="group" aria-label={words.say('lab.table')}>
      <table className={styles['table']}>
        <caption className={form['hint']}>{words.say('lab.lower')}</caption>
        <thead>
          <tr>
            <td />
            {rows.map(({ door }) => (
              <th key={door} scope="col">
                {words.say(`wire.door-name.${door}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {LINES.map((line) => (
            <Figures key={line.name} line={line} rows={rows} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Figures({ line, rows }: { readonly line: Line; readonly rows: readonly DoorRow[] }) {
  const words = useWords();
  const values = rows.map(line.of);
  const heights = barHeights(
    values.map((value) => value ?? 0),
    HEIGHT,
  );
  return (
    <tr>
      <th scope="row">{words.say(line.name)}</th>
      {rows.map(({ door }, at) => (
        <td key={door}>
          <Figure value={values[at]} height={heights[at] ?? 0} />
        </td>
      ))}
    </tr>
  );
}

function Figure({
  value,
  height,
}: {
  readonly value: number | undefined;
  readonly height: number;
}) {
  const words = useWords();
  if (value === undefined) {
    return (
      <>
        <span className="unseen">{words.say('lab.not-measured')}</span>
        <span aria-hidden>{words.say('lab.dash')}</span>
      </>
    );
  }
  return (
    <>
      <svg
        viewBox={`0 0 1 ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden
        className={styles['bar']}
      >
        {/* Nothing is drawn as nothing. */}
        {value > 0 && <rect x={0} y={HEIGHT - height} width={1} height={height} />}
      </svg>
      {words.intl.formatNumber(value, { maximumSignificantDigits: 3 })}
    </>
  );
}
