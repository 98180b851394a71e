/** The top of the window: the wire and what it says, the way to anywhere, and room for the system's own buttons. */
import { Menu as MenuIcon, Search } from 'lucide-react';
import { useWords } from '../../i18n/context.tsx';
import { ICON, IconButton } from '../../ui/icon-button.tsx';
import { useCommands, useWindow } from '../app/context.tsx';
import { mentionsOf, stateOf, teamOf } from '../../state/selectors.ts';
import { keyNames } from './key-names.ts';
import { badgeText } from './rail.tsx';
import { Wire } from './wire.tsx';
import styles from './title-bar.module.css';

export function TitleBar() {
  const words = useWords();
  const commands = useCommands();
  const team = useWindow(teamOf);
  const os = useWindow((model) => stateOf(model)?.app.os ?? '');
  const isSideOpen = useWindow((model) => model.ui.isSideOpen);
  // Where the window is too narrow for the rail, this button alone can say that somebody calls.
  const calling = useWindow((model) => (model.ui.isSideOpen ? 0 : mentionsOf(model)));
  const fold = words.say(isSideOpen ? 'shell.hide-side' : 'shell.show-side');
  return (
    <header className={styles['bar']}>
      <div className={styles['state']}>
        <span className={styles['fold']}>
          <IconButton
            label={
              calling > 0 ? `${fold}, ${words.say('shell.mentions', { count: calling })}` : fold
            }
            icon={MenuIcon}
            placement="bottom"
            aria-expanded={isSideOpen}
            onPress={() => commands.showSide(!isSideOpen)}
          />
          {calling > 0 && (
            <span aria-hidden className={styles['calling']}>
              {badgeText(calling)}
            </span>
          )}
        </span>
        {team !== null && <Wire team={team.team} />}
      </div>
      {team !== null && (
        <button
          type="button"
          className={styles['find']}
          aria-haspopup="dialog"
          onClick={() => commands.show({ kind: 'jump' })}
        >
          <Search {...ICON} size={15} />
          <span className={styles['hint']}>{words.say('jump.hint')}</span>
          <kbd className={styles['key']}>{keyNames(os).command('K')}</kbd>
        </button>
      )}
      <div />
    </header>
  );
}
