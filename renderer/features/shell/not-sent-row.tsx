/** In the side panel, only while something was not sent: how many texts, and the way to them. */
import { MailX } from 'lucide-react';
import { useWords } from '../../i18n/context.tsx';
import { teamOf } from '../../state/selectors.ts';
import { notSentOf } from '../../state/unsent.ts';
import { ICON } from '../../ui/icon-button.tsx';
import { useCommands, useWindow } from '../app/context.tsx';
import row from './channel-row.module.css';
import styles from './not-sent-row.module.css';

export function NotSentRow() {
  const words = useWords();
  const commands = useCommands();
  const count = useWindow((model) => {
    const team = teamOf(model);
    return team === null ? 0 : notSentOf(team.unsent).length;
  });
  if (count === 0) return null;
  return (
    <button
      type="button"
      className={`${row['row']} ${styles['place']}`}
      onClick={() => commands.show({ kind: 'not-sent' })}
    >
      <span className={row['glyph']}>
        <MailX {...ICON} size={16} />
      </span>
      <span className={row['name']}>{words.say('unsent.title')}</span>
      <span aria-hidden className={styles['count']}>
        {words.say('unsent.number', { count })}
      </span>
      <span className="unseen">, {words.say('unsent.count', { count })}</span>
    </button>
  );
}
