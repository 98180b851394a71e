/** Quiet banners over the conversation: something about this computer that a person should know. */
import { Info, X } from 'lucide-react';
import { useWords } from '../../i18n/context.tsx';
import { stateOf } from '../../state/selectors.ts';
import { ICON, IconButton } from '../../ui/icon-button.tsx';
import { useCommands, useWindow } from '../app/context.tsx';
import styles from './notices.module.css';

export function Notices() {
  const words = useWords();
  const commands = useCommands();
  const notices = useWindow((model) => stateOf(model)?.notices);
  if (!notices || notices.length === 0) return null;
  return (
    <div className={styles['notices']} role="status">
      {notices.map((notice) => (
        <div key={notice.id} className={styles['notice']}>
          <Info {...ICON} size={16} />
          <span>{words.say(`notice.${notice.kind}`)}</span>
          <IconButton
            size="small"
            label={words.say('act.dismiss')}
            icon={X}
            onPress={() => void commands.attempt('notice.dismiss', { id: notice.id })}
          />
        </div>
      ))}
    </div>
  );
}
