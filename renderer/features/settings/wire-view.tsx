/** The wire as it is: the real handshake, round trips, attempts with their reasons, frames by kind and size. Never what anybody said. */
import { ArrowDown, ArrowUp, ShieldAlert, ShieldCheck } from 'lucide-react';
import type {
  FrameSeen,
  Handshake,
  LineRecordView,
  PingSeen,
  TurnSeen,
} from '../../../electron/bridge/line.ts';
import { useWords } from '../../i18n/context.tsx';
import { turnWords } from '../../i18n/line-words.ts';
import { clockWithSeconds } from '../../time/wording.ts';
import { cx } from '../../ui/cx.ts';
import { ICON } from '../../ui/icon-button.tsx';
import form from '../../ui/form.module.css';
import { PingGraph } from './ping-graph.tsx';
import { useLineRecord } from './use-line.ts';
import styles from './wire-view.module.css';

export function WireView({ team }: { readonly team: string }) {
  const words = useWords();
  const record = useLineRecord(team);
  return record === null ? (
    <p className={form['hint']}>{words.say('act.wait')}</p>
  ) : (
    <Sheet record={record} />
  );
}

function Sheet({
  record: { handshake, pings, turns, frames },
}: {
  readonly record: LineRecordView;
}) {
  const words = useWords();
  return (
    <div className={styles['view']}>
      <h4 className={styles['title']}>{words.say('record.handshake')}</h4>
      {handshake === null ? (
        <p className={form['hint']}>{words.say('record.no-handshake')}</p>
      ) : (
        <HandshakeLines handshake={handshake} />
      )}
      <h4 className={styles['title']}>{words.say('record.pings')}</h4>
      <Pings pings={pings} />
      <h4 className={styles['title']}>{words.say('record.turns')}</h4>
      <Turns turns={turns} />
      <h4 className={styles['title']}>{words.say('record.frames')}</h4>
      <p className={form['hint']}>{words.say('record.frames-hint', { count: frames.length })}</p>
      <Frames frames={frames} />
    </div>
  );
}

function HandshakeLines({
  handshake: { request, response, isAccepted },
}: {
  readonly handshake: Handshake;
}) {
  const words = useWords();
  const Shield = isAccepted ? ShieldCheck : ShieldAlert;
  return (
    <>
      <pre
        className={styles['head']}
        tabIndex={0}
        role="group"
        aria-label={words.say('record.request')}
        dir="ltr"
      >
        {request.join('\n')}
      </pre>
      <pre
        className={styles['head']}
        tabIndex={0}
        role="group"
        aria-label={words.say('record.response')}
        dir="ltr"
      >
        {response.join('\n')}
      </pre>
      <p className={cx(styles['proof'], !isAccepted && styles['alarm'])}>
        <Shield {...ICON} size={16} aria-hidden />
        {words.say(isAccepted ? 'record.accepted' : 'record.not-accepted')}
      </p>
    </>
  );
}

function Pings({ pings }: { readonly pings: readonly PingSeen[] }) {
  const words = useWords();
  const last = pings.at(-1);
  if (!last) return <p className={form['hint']}>{words.say('record.no-pings')}</p>;
  const times = pings.map(({ rttMs }) => rttMs);
  const says = words.say('record.pings-say', {
    count: pings.length,
    last: last.rttMs,
    least: Math.min(...times),
    most: Math.max(...times),
  });
  return (
    <figure className={styles['pings']}>
      <PingGraph times={times} />
      <figcaption className={form['hint']}>{says}</figcaption>
    </figure>
  );
}

/** The newest first: what happened last is what is asked for. */
function Turns({ turns }: { readonly turns: readonly TurnSeen[] }) {
  const words = useWords();
  return (
    <ol className={styles['scroll']} tabIndex={0} aria-label={words.say('record.turns')}>
      {turns.toReversed().map((turn, at) => (
        <li key={turns.length - at} className={styles['turn']}>
          <time>{clockWithSeconds(words, turn.at)}</time>
          <span>{turnWords(words, turn)}</span>
        </li>
      ))}
    </ol>
  );
}

function Frames({ frames }: { readonly frames: readonly FrameSeen[] }) {
  const words = useWords();
  return (
    <div
      className={styles['scroll']}
      tabIndex={0}
      role="group"
      aria-label={words.say('record.frames')}
    >
      <table className={styles['frames']}>
        <thead>
          <tr>
            <th scope="col">{words.say('record.time')}</th>
            <th scope="col">{words.say('record.way')}</th>
            <th scope="col">{words.say('record.kind')}</th>
            <th scope="col" className={styles['number']}>
              {words.say('record.size')}
            </th>
          </tr>
        </thead>
        <tbody>
          {frames.toReversed().map((frame, at) => (
            <tr key={frames.length - at}>
              <td>{clockWithSeconds(words, frame.at)}</td>
              <td>
                <span className={styles['way']}>
                  {frame.way === 'up' ? (
                    <ArrowUp {...ICON} size={14} aria-hidden />
                  ) : (
                    <ArrowDown {...ICON} size={14} aria-hidden />
                  )}
                  {words.say(frame.way === 'up' ? 'record.up' : 'record.down')}
                </span>
              </td>
              <td>
                <code dir="ltr">{frame.type}</code>
              </td>
              <td className={styles['number']}>{words.intl.formatNumber(frame.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
