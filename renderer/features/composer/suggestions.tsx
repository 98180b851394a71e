/** The list over the composer that completes an `@` or a `#`. The keys stay in the text field; this only shows. */
import { Hash, Lock, Megaphone } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { hueIn } from '../../state/selectors.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { cx } from '../../ui/cx.ts';
import { ICON } from '../../ui/icon-button.tsx';
import { PresenceDot } from '../../ui/presence-dot.tsx';
import type { Suggestion } from './suggest.ts';
import styles from './suggestions.module.css';

export const SUGGESTIONS_ID = 'composer-suggestions';
export const suggestionId = (one: Suggestion): string => `suggestion-${one.id}`;

export interface SuggestionsProps {
  readonly items: readonly Suggestion[];
  readonly active: Suggestion;
  readonly members: TeamState['members'];
  readonly presence: TeamState['presence'];
  readonly onChoose: (one: Suggestion) => void;
}

export function Suggestions({ items, active, members, presence, onChoose }: SuggestionsProps) {
  const words = useWords();
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <ul
      ref={list}
      id={SUGGESTIONS_ID}
      role="listbox"
      aria-label={words.say('composer.suggestions')}
      className={styles['list']}
    >
      {items.map((one) => (
        <li
          key={one.id}
          id={suggestionId(one)}
          role="option"
          aria-selected={one === active}
          className={cx(styles['item'], one === active && styles['active'])}
          // The press must not take the focus from the text.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(one)}
        >
          <Look one={one} members={members} presence={presence} />
        </li>
      ))}
    </ul>
  );
}

function Look({
  one,
  members,
  presence,
}: { readonly one: Suggestion } & Pick<SuggestionsProps, 'members' | 'presence'>) {
  const words = useWords();
  switch (one.kind) {
    case 'member':
      return (
        <>
          <Avatar hue={hueIn(members, one.member.id)} name={one.member.name} size="small" />
          <bdi className={styles['name']}>{one.member.name}</bdi>
          <PresenceDot presence={presence[one.member.id] ?? 'gone'} />
          <span className={styles['handle']}>
            <bdi>@{one.member.handle}</bdi>
          </span>
        </>
      );
    case 'everyone':
      return (
        <>
          <span className={styles['sign']}>
            <Megaphone {...ICON} size={16} />
          </span>
          <span className={styles['name']}>@{one.id}</span>
          <span className={styles['handle']}>
            {words.say(one.id === 'here' ? 'composer.here-hint' : 'composer.channel-hint')}
          </span>
        </>
      );
    case 'channel':
      return (
        <>
          <span className={styles['sign']}>
            {one.channel.kind === 'private' ? (
              <Lock {...ICON} size={16} />
            ) : (
              <Hash {...ICON} size={16} />
            )}
          </span>
          <bdi className={styles['name']}>{one.channel.name}</bdi>
          <span className={styles['handle']}>
            <bdi>{one.channel.topic}</bdi>
          </span>
        </>
      );
  }
}
