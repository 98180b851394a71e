/** The line to each team: its address, its key, how it is, what is wrong with it; its doors compared; the wire itself; leaving. */
import { useState } from 'react';
import { useWords } from '../../i18n/context.tsx';
import { stateOf } from '../../state/selectors.ts';
import { Button } from '../../ui/button.tsx';
import { Fingerprint } from '../../ui/fingerprint.tsx';
import { useNow } from '../../ui/hooks.ts';
import { WireLine } from '../../ui/wire-line.tsx';
import form from '../../ui/form.module.css';
import { useCommands, useWindow } from '../app/context.tsx';
import { impatienceWords, wireLook, wireWords } from '../shell/wire.tsx';
import { Lab } from './lab.tsx';
import { LineCheck } from './line-check.tsx';
import { useLineCheck } from './use-line.ts';
import { WireView } from './wire-view.tsx';
import styles from './connection-settings.module.css';

export function ConnectionSettings() {
  const words = useWords();
  const order = useWindow((model) => stateOf(model)?.teamOrder);
  const version = useWindow((model) => stateOf(model)?.app.version ?? '');
  return (
    <>
      {order?.map((id) => (
        <TeamLine key={id} id={id} />
      ))}
      <p className={form['hint']}>{words.say('settings.version', { version })}</p>
    </>
  );
}

function TeamLine({ id }: { readonly id: string }) {
  const words = useWords();
  const commands = useCommands();
  const team = useWindow((model) => stateOf(model)?.teams[id]?.team);
  const line = useLineCheck(id);
  const [isLabShown, setIsLabShown] = useState(false);
  const [isWireShown, setIsWireShown] = useState(false);
  const now = useNow(1_000, team !== undefined && team.wire.state !== 'live');
  if (!team) return null;
  const impatience = impatienceWords(words, team.wire);
  return (
    <section className={form['section']}>
      <div className={styles['head']}>
        <h3 className={form['title']}>
          <bdi>{team.name}</bdi>
        </h3>
        <span className={styles['wire']}>
          <WireLine look={wireLook(team.wire)} />
          {wireWords(words, team, now)}
        </span>
      </div>
      <p className={form['hint']}>
        <bdi>{team.address}</bdi>
        {team.isHostedHere && ` · ${words.say('settings.hosted-here')}`}
      </p>
      {impatience !== undefined && <p className={form['hint']}>{impatience}</p>}
      {team.fingerprint !== null && <Fingerprint value={team.fingerprint} />}
      <div className={form['acts']}>
        {team.wire.state !== 'live' && (
          <Button size="small" onPress={() => void commands.attempt('wire.retry', { team: id })}>
            {words.say('wire.retry')}
          </Button>
        )}
        <Button size="small" onPress={() => (line.isRunning ? line.stop() : line.start(false))}>
          {words.say(line.isRunning ? 'line.check-stop' : 'line.check')}
        </Button>
        <Button size="small" aria-expanded={isLabShown} onPress={() => setIsLabShown(!isLabShown)}>
          {words.say(isLabShown ? 'lab.hide' : 'lab.show')}
        </Button>
        <Button
          size="small"
          aria-expanded={isWireShown}
          onPress={() => setIsWireShown(!isWireShown)}
        >
          {words.say(isWireShown ? 'record.hide' : 'record.show')}
        </Button>
        <Button
          size="small"
          onPress={() => {
            commands.openTeam(id);
            commands.show({ kind: 'leave-team' });
          }}
        >
          {words.say('team.sign-out')}
        </Button>
      </div>
      <LineCheck team={team} line={line} />
      {isLabShown && <Lab team={id} />}
      {isWireShown && <WireView team={id} />}
    </section>
  );
}
