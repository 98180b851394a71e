/** The wire: the one drawing of the state of the line. Solid is live, a moving dash is on its way, a gap is away, a cross stops. */
import { cx } from './cx.ts';
import styles from './wire-line.module.css';

export type WireLook = 'live' | 'catching-up' | 'moving' | 'gap' | 'cut';

export function WireLine({ look }: { readonly look: WireLook }) {
  return (
    <svg viewBox="0 0 72 16" aria-hidden className={cx(styles['wire'], styles[look])}>
      {look === 'gap' ? (
        <>
          <path d="M4 8h20" className={styles['line']} />
          <path d="M48 8h20" className={styles['line']} />
          <path d="M29 8h14" className={styles['ghost']} />
        </>
      ) : look === 'cut' ? (
        <>
          <path d="M4 8h22M46 8h22" className={styles['line']} />
          <path d="M32 4l8 8M40 4l-8 8" className={styles['cross']} />
        </>
      ) : (
        <path d="M4 8h64" className={styles['line']} />
      )}
      {look === 'catching-up' && <circle cx="4" cy="8" r="3" className={styles['bead']} />}
      <circle cx="3" cy="8" r="2.5" className={styles['end']} />
      <circle cx="69" cy="8" r="2.5" className={styles['end']} />
    </svg>
  );
}
