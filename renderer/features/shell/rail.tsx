/** The teams, one tile each, with the one loud number. Arrows move along the rail; a team whose line is cut says so. */
import { Plus } from 'lucide-react';
import { useRef, useState, type KeyboardEvent } from 'react';
import type { TeamView } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import type { Words } from '../../i18n/words.ts';
import { stateOf } from '../../state/selectors.ts';
import { cx } from '../../ui/cx.ts';
import { ICON } from '../../ui/icon-button.tsx';
import { initialsOf } from '../../ui/initials.ts';
import { useCommands, useWindow } from '../app/context.tsx';
import styles from './rail.module.css';

const MOST_SHOWN = 99;
export const badgeText = (count: number): string =>
  count > MOST_SHOWN ? `${MOST_SHOWN}+` : String(count);

export function Rail() {
  const words = useWords();
  const commands = useCommands();
  const list = useRef<HTMLElement>(null);
  const order = useWindow((model) => stateOf(model)?.teamOrder);
  const current = useWindow((model) => (model.ui.welcome === null ? model.ui.team : null));
  const isAdding = useWindow((model) => model.ui.welcome !== null);

  const [dragged, setDragged] = useState<string | null>(null);

  const put = (id: string, at: number): void => {
    if (!order || at < 0 || at >= order.length || order[at] === id) return;
    const rest = order.filter((one) => one !== id);
    void commands.attempt('team.order', { order: [...rest.slice(0, at), id, ...rest.slice(at)] });
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const own =
      document.activeElement instanceof HTMLElement
        ? document.activeElement.dataset['team']
        : undefined;
    if (event.altKey && own !== undefined) {
      // Elsewhere these keys go through channels.
      event.stopPropagation();
      put(own, (order?.indexOf(own) ?? 0) + step);
      return;
    }
    const tiles = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = tiles.findIndex((tile) => tile === document.activeElement);
    tiles[(at + step + tiles.length) % tiles.length]?.focus();
  };

  return (
    <nav
      ref={list}
      className={styles['rail']}
      aria-label={words.say('shell.teams')}
      onKeyDown={onKeyDown}
    >
      {order?.map((id) => (
        <Tile
          key={id}
          id={id}
          isCurrent={id === current}
          isDragged={id === dragged}
          onOpen={() => commands.openTeam(id)}
          onDrag={setDragged}
          onDrop={() => dragged !== null && put(dragged, order.indexOf(id))}
        />
      ))}
      <button
        type="button"
        className={cx(styles['tile'], styles['add'], isAdding && styles['current'])}
        aria-label={words.say('shell.add-team')}
        title={words.say('shell.add-team')}
        onClick={() => commands.showWelcome({ invite: null })}
      >
        <Plus {...ICON} />
      </button>
    </nav>
  );
}

interface TileProps {
  readonly id: string;
  readonly isCurrent: boolean;
  readonly isDragged: boolean;
  readonly onOpen: () => void;
  readonly onDrag: (id: string | null) => void;
  readonly onDrop: () => void;
}

function Tile({ id, isCurrent, isDragged, onOpen, onDrag, onDrop }: TileProps) {
  const words = useWords();
  const team = useWindow((model) => stateOf(model)?.teams[id]?.team);
  if (!team) return null;
  const isCut = team.wire.state === 'stopped';
  return (
    <button
      type="button"
      data-team={id}
      draggable
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move';
        onDrag(id);
      }}
      onDragEnd={() => onDrag(null)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        onDrop();
      }}
      className={cx(
        styles['tile'],
        isCurrent && styles['current'],
        isCut && styles['cut'],
        isDragged && styles['dragged'],
      )}
      aria-current={isCurrent ? 'page' : undefined}
      title={team.name}
      onClick={onOpen}
    >
      <span className="unseen">{tileLabel(words, team)}</span>
      <span aria-hidden>{initialsOf(team.name)}</span>
      {team.mentions > 0 ? (
        <span aria-hidden className={styles['badge']}>
          {badgeText(team.mentions)}
        </span>
      ) : isCut ? (
        <span aria-hidden className={cx(styles['badge'], styles['alarm'])}>
          !
        </span>
      ) : team.hasUnread && !isCurrent ? (
        <span aria-hidden className={styles['dot']} />
      ) : null}
    </button>
  );
}

function tileLabel(words: Words, team: TeamView): string {
  const parts = [team.name];
  if (team.mentions > 0) parts.push(words.say('shell.mentions', { count: team.mentions }));
  else if (team.hasUnread) parts.push(words.say('shell.unread'));
  if (team.wire.state === 'stopped') parts.push(words.say(`wire.stopped.${team.wire.why}`));
  else if (team.wire.state === 'offline') parts.push(words.say('wire.offline'));
  return parts.join(', ');
}
