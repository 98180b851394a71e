/** The shape of a conversation while it is fetched; shown only when that takes long enough to be noticed. */
import { useWords } from '../../i18n/context.tsx';
import styles from './skeleton.module.css';

const LINES = [62, 84, 40, 71, 55, 90];

export function TimelineSkeleton() {
  const words = useWords();
  return (
    <div className={styles['frame']} role="status" aria-label={words.say('talk.loading')}>
      {LINES.map((width) => (
        <div key={width} className={styles['row']}>
          <span className={styles['face']} />
          <span className={styles['words']}>
            <span className={styles['bar']} style={{ inlineSize: 120 }} />
            <span className={styles['bar']} style={{ inlineSize: `${width}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}
