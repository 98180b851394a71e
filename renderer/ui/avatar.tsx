/** A member's sign: the initials on a colour that is theirs, so that people are told apart before they are read. */
import { cx } from './cx.ts';
import { initialsOf } from './initials.ts';
import styles from './avatar.module.css';

export interface AvatarProps {
  /** Their colour in this team: `hueIn` of the selectors. */
  readonly hue: number;
  readonly name: string;
  readonly size?: 'small' | 'normal' | 'large';
  readonly isInactive?: boolean;
}

export function Avatar({ hue, name, size = 'normal', isInactive = false }: AvatarProps) {
  return (
    <span
      aria-hidden
      className={cx(
        styles['avatar'],
        styles[size],
        styles[`hue${hue}`],
        isInactive && styles['inactive'],
      )}
    >
      {initialsOf(name)}
    </span>
  );
}
