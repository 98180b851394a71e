/** Quiet pages: what to say where there is nothing to show yet, and a note set off from its surroundings. */
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import { ICON } from './icon-button.tsx';
import styles from './panel.module.css';

export interface EmptyProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
}

export function Empty({ icon: Icon, title, children }: EmptyProps) {
  return (
    <div className={styles['empty']}>
      <span className={styles['sign']}>
        <Icon {...ICON} size={26} />
      </span>
      <h2 className={styles['title']}>{title}</h2>
      {children}
    </div>
  );
}

export interface NoteProps {
  readonly tone?: 'plain' | 'alarm';
  readonly icon?: LucideIcon;
  readonly children: ReactNode;
}

export function Note({ tone = 'plain', icon: Icon, children }: NoteProps) {
  return (
    <div
      role={tone === 'alarm' ? 'alert' : undefined}
      className={cx(styles['note'], tone === 'alarm' && styles['alarm'])}
    >
      {Icon !== undefined && <Icon {...ICON} />}
      <div className={styles['words']}>{children}</div>
    </div>
  );
}
