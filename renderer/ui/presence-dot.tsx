/** Presence as a shape: filled here, a ring away, a bar for do not disturb, an empty ring gone. Never colour alone. */
import type { PresenceView } from '../../electron/bridge/views.ts';
import { cx } from './cx.ts';
import styles from './presence-dot.module.css';

export interface PresenceDotProps {
  readonly presence: PresenceView;
  /** Left out where words beside it say the same. */
  readonly label?: string;
}

export function PresenceDot({ presence, label }: PresenceDotProps) {
  const look = cx(styles['dot'], styles[presence]);
  return label === undefined ? (
    <span aria-hidden className={look} />
  ) : (
    <span role="img" aria-label={label} className={look} />
  );
}
