/** The keys of the window, on one sheet. */
import { useWords } from '../../i18n/context.tsx';
import { stateOf } from '../../state/selectors.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { useWindow } from '../app/context.tsx';
import { keyNames } from '../shell/key-names.ts';
import styles from './keys-dialog.module.css';

export function KeysDialog({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const os = useWindow((model) => stateOf(model)?.app.os ?? '');
  const keys = keyNames(os);
  const rows = [
    ['keys.jump', keys.command('K')],
    ['keys.next', keys.alt('↓ ↑')],
    ['keys.next-unread', keys.alt('⇧ ↓ ↑')],
    ['keys.team', keys.command('1…9')],
    ['keys.move-team', keys.alt('↓ ↑')],
    ['keys.round', 'F6'],
    ['keys.edit-last', '↑'],
    ['keys.messages', '↑ ↓'],
    ['keys.edit', 'E'],
    ['keys.copy', 'C'],
    ['keys.unread', 'U'],
    ['keys.back', 'Esc'],
    ['keys.settings', keys.command(',')],
  ] as const;
  return (
    <Dialog title={words.say('keys.title')} size="small" onClose={onClose}>
      <dl className={styles['list']}>
        {rows.map(([name, key]) => (
          <div key={name} className={styles['pair']}>
            <dt>{words.say(name)}</dt>
            <dd>
              <kbd>{key}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
