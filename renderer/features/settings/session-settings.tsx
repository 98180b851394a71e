/** The devices signed in as oneself; any other can be ended from here, and ends within a second. */
import { Laptop } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import type { Problem, SessionView } from '../../../electron/bridge/commands.ts';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { ago, full } from '../../time/wording.ts';
import { Button } from '../../ui/button.tsx';
import { useNow } from '../../ui/hooks.ts';
import { ICON } from '../../ui/icon-button.tsx';
import form from '../../ui/form.module.css';
import row from '../../ui/person-row.module.css';
import { useCommands } from '../app/context.tsx';
import styles from './session-settings.module.css';

export function SessionSettings({ team }: { readonly team: TeamState }) {
  const words = useWords();
  const commands = useCommands();
  const now = useNow(60_000);
  const id = team.team.id;
  const { sessions, problem, reload } = useSessions(id);
  const end = (session: string): void =>
    void commands.attempt('session.end', { team: id, session }).then((isDone) => {
      if (isDone) reload();
    });
  return (
    <section className={form['section']}>
      <p className={form['hint']}>{words.say('sessions.hint')}</p>
      {problem !== null && <p className={form['problem']}>{problemWords(words, problem)}</p>}
      {sessions === null && problem === null && <p>{words.say('act.wait')}</p>}
      <ul className={styles['list']}>
        {sessions?.map((session) => (
          <li key={session.id} className={styles['session']}>
            <Laptop {...ICON} />
            <span className={row['words']}>
              <span className={row['name']}>
                <bdi>{session.device}</bdi>
                {session.isThisOne && (
                  <span className={row['mark']}>{words.say('sessions.this')}</span>
                )}
              </span>
              <span className={row['more']} title={full(words, session.lastSeenAt)}>
                {session.isLive
                  ? words.say('sessions.live')
                  : words.say('sessions.seen', { ago: ago(words, session.lastSeenAt, now) })}
                {' · '}
                {words.say('sessions.since', { ago: ago(words, session.createdAt, now) })}
              </span>
            </span>
            {!session.isThisOne && (
              <Button
                size="small"
                look="danger"
                onPress={() => end(session.id)}
                aria-label={words.say('sessions.end-name', { device: session.device })}
              >
                {words.say('sessions.end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function useSessions(team: string) {
  const commands = useCommands();
  const [round, setRound] = useState(0);
  const [sessions, setSessions] = useState<readonly SessionView[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let isWanted = true;
    void commands.call('session.list', { team }).then((answer) => {
      if (!isWanted) return;
      if (answer.ok) setSessions(answer.value.sessions);
      setProblem(answer.ok ? null : answer.error);
    });
    return () => {
      isWanted = false;
    };
  }, [commands, team, round]);
  const reload = useCallback(() => setRound((now) => now + 1), []);
  return { sessions, problem, reload };
}
