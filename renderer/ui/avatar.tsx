/** A member's sign: the initials on a colour that is theirs, so that people are told apart before they are read. */
import { cx } from './cx.ts';
import { hueOf, initialsOf } from './initials.ts';
import styles from './avatar.module.css';

export interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly size?: 'small' | 'normal' | 'large';
  readonly isInactive?: boolean;
}

export function Avatar({ id, name, size = 'normal', isInactive = false }: AvatarProps) {
  return (
    <span aria-hidden className={cx(styles['avatar'], styles[size], styles[`hue${hueOf(id)}`], isInactive && styles['inactive'])}>
      {initialsOf(name)}
    </span>
  );
}
