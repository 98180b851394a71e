/** The wire and its words: exactly the state of the line, with what a person can do about it. A press shows the particulars. */
import { Button as AriaButton, Dialog, DialogTrigger, Popover } from 'react-aria-components';
import type { TeamView } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import type { Words } from '../../i18n/words.ts';
import { seconds } from '../../time/wording.ts';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { Fingerprint } from '../../ui/fingerprint.tsx';
import { useNow } from '../../ui/hooks.ts';
import { WireLine, type WireLook } from '../../ui/wire-line.tsx';
import { useCommands } from '../app/context.tsx';
import styles from './wire.module.css';

export function wireLook(wire: TeamView['wire']): WireLook {
  switch (wire.state) {
    case 'live':
      return wire.isCatchingUp ? 'catching-up' : 'live';
    case 'connecting':
    case 'reconnecting':
      return 'moving';
    case 'offline':
      return 'gap';
    case 'stopped':
      return 'cut';
  }
}

export function wireWords(
  words: Words,
  { wire, outbox }: Pick<TeamView, 'wire' | 'outbox'>,
  now: number,
): string {
  const waiting = outbox.waiting > 0 ? words.say('wire.waiting', { count: outbox.waiting }) : '';
  const join = (...parts: readonly string[]): string =>
    parts.filter((part) => part !== '').join(' · ');
  switch (wire.state) {
    case 'live':
      if (wire.isCatchingUp) return join(liveWords(words, wire), words.say('wire.catching-up'));
      return join(
        liveWords(words, wire),
        wire.rttMs === null
          ? ''
          : words.say('wire.rtt', { ms: Math.max(1, Math.round(wire.rttMs)) }),
      );
    case 'connecting':
      return join(words.say('wire.connecting'), waiting);
    case 'reconnecting':
      return join(
        words.say('wire.reconnecting', { seconds: seconds(wire.retryAt - now) }),
        waiting,
      );
    case 'offline':
      return join(words.say('wire.offline'), waiting);
    case 'stopped':
      return words.say(`wire.stopped.${wire.why}`);
  }
}

type Live = Extract<TeamView['wire'], { readonly state: 'live' }>;

/** A socket is what a person expects; any other door is named. */
const liveWords = (words: Words, { door }: Live): string =>
  door === 'socket' ? words.say('wire.live') : words.say(`wire.door.${door}`);

/** What is done where the way cuts silent lines; undefined where it does not, as far as is known. */
export function impatienceWords(words: Words, wire: TeamView['wire']): string | undefined {
  if (wire.state !== 'live' || wire.impatience === undefined) return undefined;
  const { cutAfterMs, pingEveryMs } = wire.impatience;
  return words.say('wire.impatience', {
    cut: Math.round(cutAfterMs / 1_000),
    ping: Math.round(pingEveryMs / 1_000),
  });
}

export function Wire({ team }: { readonly team: TeamView }) {
  const words = useWords();
  const commands = useCommands();
  const { wire } = team;
  const isCounting = wire.state === 'reconnecting' || wire.state === 'offline';
  const now = useNow(1_000, isCounting);
  const text = wireWords(words, team, now);
  return (
    <>
      <DialogTrigger>
        <AriaButton
          className={cx(styles['wire'])}
          aria-label={words.say('wire.label', { state: text })}
        >
          <WireLine look={wireLook(wire)} />
          <span className={cx(styles['words'], wire.state === 'stopped' && styles['cut'])}>
            {text}
          </span>
        </AriaButton>
        <Popover placement="bottom start" className={cx(styles['popover'])}>
          <Dialog aria-label={words.say('wire.particulars')} className={cx(styles['sheet'])}>
            <Particulars team={team} now={now} />
          </Dialog>
        </Popover>
      </DialogTrigger>
      {isCounting && (
        <Button look="link" onPress={() => void commands.attempt('wire.retry', { team: team.id })}>
          {words.say('wire.retry')}
        </Button>
      )}
      {/* The state is told once when it changes; the seconds are for the eye. */}
      <span className="unseen" role="status">
        {words.say('wire.label', { state: words.say(statusKey(wire)) })}
      </span>
    </>
  );
}

const statusKey = (wire: TeamView['wire']) => {
  switch (wire.state) {
    case 'live':
      return wire.isCatchingUp ? 'wire.catching-up' : 'wire.live';
    case 'connecting':
      return 'wire.connecting';
    case 'reconnecting':
      return 'wire.reconnecting-plain';
    case 'offline':
      return 'wire.offline';
    case 'stopped':
      return `wire.stopped.${wire.why}` as const;
  }
};

function Particulars({ team, now }: { readonly team: TeamView; readonly now: number }) {
  const words = useWords();
  const { wire } = team;
  const impatience = impatienceWords(words, wire);
  const rows: readonly (readonly [string, string])[] = [
    [words.say('wire.relay'), team.address],
    ...(wire.state === 'live' ? [[words.say('wire.node'), wire.node] as const] : []),
    ...(wire.state === 'live'
      ? [[words.say('wire.door'), words.say(`wire.door-name.${wire.door}`)] as const]
      : []),
    ...(wire.state === 'live' && wire.rttMs !== null
      ? [
          [
            words.say('wire.round-trip'),
            words.say('wire.rtt', { ms: Math.max(1, Math.round(wire.rttMs)) }),
          ] as const,
        ]
      : []),
    ...(wire.state === 'reconnecting' || wire.state === 'offline'
      ? [
          [
            words.say('wire.next-try'),
            words.say('wire.in-seconds', { seconds: seconds(wire.retryAt - now) }),
          ] as const,
          [words.say('wire.attempt'), String(wire.attempt)] as const,
        ]
      : []),
    [words.say('wire.outbox'), words.say('wire.waiting', { count: team.outbox.waiting })],
  ];
  return (
    <>
      <dl className={styles['list']}>
        {rows.map(([name, value]) => (
          <div key={name} className={styles['pair']}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {team.fingerprint !== null && (
        <div className={styles['key']}>
          <span>{words.say('trust.fingerprint')}</span>
          <Fingerprint value={team.fingerprint} />
        </div>
      )}
      {impatience !== undefined && <p className={styles['note']}>{impatience}</p>}
      {wire.state === 'live' && wire.door !== 'socket' && (
        <p className={styles['note']}>{words.say('wire.door-why')}</p>
      )}
      {(wire.state === 'reconnecting' || wire.state === 'offline') && (
        <p className={styles['note']}>{words.say('wire.safe')}</p>
      )}
    </>
  );
}
