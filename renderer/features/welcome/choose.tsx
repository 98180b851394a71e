/** Two ways in, as two cards. */
import { House, Link2 } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { useWords } from '../../i18n/context.tsx';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { ICON } from '../../ui/icon-button.tsx';
import styles from './welcome.module.css';

export interface ChooseProps {
  readonly canHost: boolean;
  readonly onStart: () => void;
  readonly onInvite: () => void;
  readonly onCancel: (() => void) | null;
}

export function Choose({ canHost, onStart, onInvite, onCancel }: ChooseProps) {
  const words = useWords();
  return (
    <>
      <h1 className={styles['title']}>{words.rich('welcome.title', { br: () => <br /> })}</h1>
      <p className={styles['lead']}>{words.say('welcome.lead')}</p>
      <ul className={styles['cards']}>
        {canHost && (
          <Card
            icon={House}
            hue={styles['green']}
            title={words.say('welcome.start')}
            text={words.say('welcome.start-hint')}
            act={words.say('welcome.start-act')}
            isFirst
            onPress={onStart}
          />
        )}
        <Card
          icon={Link2}
          hue={styles['clay']}
          title={words.say('welcome.invite')}
          text={words.say('welcome.invite-hint')}
          act={words.say('welcome.invite-act')}
          isFirst={!canHost}
          onPress={onInvite}
        />
      </ul>
      {onCancel !== null && (
        <div>
          <Button look="quiet" onPress={onCancel}>
            {words.say('act.cancel')}
          </Button>
        </div>
      )}
      <p className={styles['foot']}>{words.say('welcome.promise')}</p>
    </>
  );
}

interface CardProps {
  readonly icon: LucideIcon;
  readonly hue: string | undefined;
  readonly title: string;
  readonly text: string;
  readonly act: string;
  readonly isFirst: boolean;
  readonly onPress: () => void;
}

function Card({ icon: Icon, hue, title, text, act, isFirst, onPress }: CardProps) {
  return (
    <li className={cx(styles['card'], isFirst && styles['first'])} onClick={onPress}>
      <span className={cx(styles['sign'], hue)}>
        <Icon {...ICON} />
      </span>
      <span className={styles['about']}>
        <strong>{title}</strong>
        <small>{text}</small>
      </span>
      <Button
        look={isFirst ? 'primary' : 'plain'}
        onPress={onPress}
        aria-label={`${act}: ${title}`}
      >
        {act}
      </Button>
    </li>
  );
}
