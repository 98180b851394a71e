/** Fenced code: plain at once, coloured as soon as the colours are loaded, and copied with one press. The size never changes. */
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/context.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { useCopy } from './copy-context.ts';
import type { Run } from './highlight.ts';
import styles from './code-block.module.css';

export function CodeBlock({
  code,
  language,
}: {
  readonly code: string;
  readonly language: string;
}) {
  const words = useWords();
  const copy = useCopy();
  const runs = useRuns(code, language);
  const [hasCopied, setHasCopied] = useState(false);
  return (
    <div className={styles['block']}>
      <pre dir="ltr" tabIndex={0} aria-label={words.say('talk.code')} className={styles['code']}>
        <code>
          {runs === null
            ? code
            : runs.map((run, at) =>
                run.shade === 'plain' ? (
                  run.text
                ) : (
                  <span key={at} className={styles[run.shade]}>
                    {run.text}
                  </span>
                ),
              )}
        </code>
      </pre>
      <span className={styles['copy']} onPointerLeave={() => setHasCopied(false)}>
        <IconButton
          size="small"
          label={words.say('talk.copy-code')}
          icon={hasCopied ? Check : Copy}
          onPress={() => {
            setHasCopied(true);
            copy(code);
          }}
        />
      </span>
    </div>
  );
}

function useRuns(code: string, language: string): readonly Run[] | null {
  const [coloured, setColoured] = useState<{
    readonly code: string;
    readonly runs: readonly Run[] | null;
  } | null>(null);
  useEffect(() => {
    if (language === '') return undefined;
    let isWanted = true;
    void import('./highlight.ts').then(({ highlight }) => {
      if (isWanted) setColoured({ code, runs: highlight(code, language) });
    });
    return () => {
      isWanted = false;
    };
  }, [code, language]);
  return coloured?.code === code ? coloured.runs : null;
}
