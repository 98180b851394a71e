/** Quiet banners over the conversation: something about this computer that a person should know. */
import { Info, X } from 'lucide-react';
import type { Notice } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import type { Words } from '../../i18n/words.ts';
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
          <span>{noticeWords(words, notice)}</span>
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

function noticeWords(words: Words, notice: Notice): string {
  switch (notice.kind) {
    case 'ledger-mended': {
      const { messages, drafts } = notice;
      return words.say('notice.ledger-mended', { messages, drafts });
    }
    case 'rows-set-aside':
      return words.say('notice.rows-set-aside', { count: notice.count });
    default:
      return words.say(`notice.${notice.kind}`);
  }
}
