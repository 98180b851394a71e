/** Who is typing. Its line is always there, so that the composer never moves. */
import { useWords } from '../../i18n/context.tsx';
import styles from './typing-line.module.css';

const MOST_NAMED = 3;

export function TypingLine({ names }: { readonly names: readonly string[] }) {
  const words = useWords();
  const bold = (chunks: readonly React.ReactNode[]) => <b>{chunks}</b>;
  const [first = '', second = '', third = ''] = names;
  return (
    <div className={styles['typing']} aria-hidden={names.length === 0}>
      {names.length > 0 && (
        <>
          <span className={styles['dots']} aria-hidden>
            <i />
            <i />
            <i />
          </span>
          <span>
            {words.rich('typing.who', {
              count: names.length > MOST_NAMED ? MOST_NAMED + 1 : names.length,
              first,
              second,
              third,
              others: names.length,
              b: bold,
            })}
          </span>
        </>
      )}
    </div>
  );
}
