/** Ctrl+K: type a few letters of a channel or a person, of any team, and be there. */
import { Hash, Lock, Search, Users } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';
import { useWords } from '../../i18n/context.tsx';
import { hueIn, stateOf } from '../../state/selectors.ts';
import { createImeGuard } from '../../text/ime.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { cx } from '../../ui/cx.ts';
import { ICON } from '../../ui/icon-button.tsx';
import { PresenceDot } from '../../ui/presence-dot.tsx';
import { useCommands, useWindow } from '../app/context.tsx';
import { channelTitle } from '../shell/channel-title.ts';
import { badgeText } from '../shell/rail.tsx';
import { findPlaces, type JumpTo } from './find-places.ts';
import styles from './jump-dialog.module.css';

export function JumpDialog({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const commands = useCommands();
  const teams = useWindow((model) => stateOf(model)?.teams);
  const current = useWindow((model) => model.ui.team);
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const [guard] = useState(createImeGuard);
  const list = useRef<HTMLUListElement>(null);
  const places = useMemo(
    () =>
      findPlaces(typed, {
        teams: Object.values(teams ?? {}),
        current,
        titleOf: (channel, team) => channelTitle(channel, team.members, words),
      }),
    [typed, teams, current, words],
  );
  const at = Math.min(chosen, places.length - 1);
  const active = places[at];
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  const go = (to: JumpTo): void => {
    onClose();
    if (to.kind === 'channel') void commands.goTo(to.team.team.id, to.channel.id);
    else void commands.goToMember(to.team.team.id, to.member.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { key, keyCode, isComposing, timeStamp } = event.nativeEvent;
    if (guard.owns({ key, keyCode, isComposing, timeStamp })) {
      // The dialog would take the Escape that closes the candidates.
      event.stopPropagation();
      return;
    }
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      event.preventDefault();
      if (places.length > 0)
        setChosen((at + (key === 'ArrowDown' ? 1 : -1) + places.length) % places.length);
    } else if (key === 'Enter' && active) {
      event.preventDefault();
      go(active);
    }
  };

  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(isOpen) => !isOpen && onClose()}
      className={cx(styles['scrim'])}
    >
      <Modal className={cx(styles['modal'])}>
        <Dialog aria-label={words.say('jump.title')} className={cx(styles['dialog'])}>
          <div className={styles['field']}>
            <Search {...ICON} />
            <input
              role="combobox"
              aria-expanded
              aria-controls="jump-list"
              aria-autocomplete="list"
              aria-activedescendant={active ? `jump-${active.key}` : undefined}
              aria-label={words.say('jump.title')}
              placeholder={words.say('jump.placeholder')}
              dir="auto"
              autoFocus
              spellCheck={false}
              value={typed}
              onChange={(event) => {
                setTyped(event.target.value);
                setChosen(0);
              }}
              onCompositionStart={() => guard.compositionStarted()}
              onCompositionEnd={(event) => guard.compositionEnded(event.timeStamp)}
              onKeyDown={onKeyDown}
            />
          </div>
          <h3 className={styles['head']}>
            {words.say(typed.trim() === '' ? 'jump.recent' : 'jump.to')}
          </h3>
          <ul
            ref={list}
            id="jump-list"
            role="listbox"
            aria-label={words.say('jump.to')}
            className={styles['list']}
          >
            {places.map((place) => (
              <li
                key={place.key}
                id={`jump-${place.key}`}
                role="option"
                aria-selected={place === active}
                className={cx(styles['item'], place === active && styles['active'])}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => go(place)}
              >
                <Place place={place} isElsewhere={place.team.team.id !== current} />
                {place === active && <kbd className={styles['key']}>↵</kbd>}
              </li>
            ))}
          </ul>
          {places.length === 0 && (
            <p className={styles['none']}>{words.say('jump.none', { typed })}</p>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Place({ place, isElsewhere }: { readonly place: JumpTo; readonly isElsewhere: boolean }) {
  const words = useWords();
  const from = isElsewhere && <bdi className={styles['team']}>{place.team.team.name}</bdi>;
  if (place.kind === 'member') {
    return (
      <>
        <Avatar
          hue={hueIn(place.team.members, place.member.id)}
          name={place.member.name}
          size="small"
        />
        <bdi className={styles['name']}>{place.member.name}</bdi>
        <span className={styles['more']}>
          <bdi>@{place.member.handle}</bdi>
        </span>
        {from}
      </>
    );
  }
  const { channel, team } = place;
  const other = channel.kind === 'direct' ? channel.with[0] : undefined;
  const Icon = channel.kind === 'private' ? Lock : channel.kind === 'group' ? Users : Hash;
  return (
    <>
      <span className={styles['glyph']}>
        {other === undefined ? (
          <Icon {...ICON} size={16} />
        ) : (
          <PresenceDot presence={team.presence[other] ?? 'gone'} />
        )}
      </span>
      <bdi className={cx(styles['name'], channel.unread > 0 && styles['unread'])}>
        {place.title}
      </bdi>
      <span className={styles['more']}>{channel.isJoined ? '' : words.say('jump.not-joined')}</span>
      {from}
      {channel.mentions > 0 && (
        <span className={styles['count']}>{badgeText(channel.mentions)}</span>
      )}
    </>
  );
}
