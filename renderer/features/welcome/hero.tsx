/** The picture of the product: two telephones and the line between them, in the state of what is being tried. */
import { cx } from '../../ui/cx.ts';
import styles from './hero.module.css';

export function Hero({ look }: { readonly look: 'idle' | 'reaching' | 'cut' }) {
  return (
    <div className={styles['hero']} aria-hidden>
      <svg viewBox="0 0 420 300" className={styles['picture']}>
        {look === 'cut' ? (
          <>
            <path d="M60 210c52 39 82-24 112-60" className={styles['line']} />
            <path d="M262 190c26 34 56 50 98-10" className={styles['line']} />
            <path d="M206 140l22 22m0-22l-22 22" className={styles['line']} />
          </>
        ) : (
          <path
            d="M60 210c80 60 110-120 180-80s60 120 130 40"
            className={cx(styles['line'], look === 'reaching' && styles['reaching'])}
          />
        )}
        <Telephone x={28} y={186} />
        <Telephone x={332} y={146} />
      </svg>
    </div>
  );
}

function Telephone({ x, y }: { readonly x: number; readonly y: number }) {
  return (
    <g transform={`translate(${x} ${y})`} className={styles['phone']}>
      <rect width="64" height="46" rx="11" />
      <path d="M16 20h32" />
      <path d="M16 30h20" className={styles['faint']} />
    </g>
  );
}
