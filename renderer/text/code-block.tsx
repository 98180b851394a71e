/**
 * Fenced code: plain at once, coloured when the worker has coloured it, and copied with one press.
 * Its size never changes.
 */
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/context.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { useCopy } from './copy-context.ts';
import { useHighlighter } from './highlight-context.ts';
import type { Run } from './runs.ts';
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

/** Null for code that is plain, or plain still. */
function useRuns(code: string, language: string): readonly Run[] | null {
  const highlighter = useHighlighter();
  const [coloured, setColoured] = useState<{
    readonly code: string;
    readonly runs: readonly Run[] | null;
  } | null>(null);
  useEffect(
    () =>
      language === ''
        ? undefined
        : highlighter?.highlight({ code, language }, (runs) => setColoured({ code, runs })),
    [highlighter, code, language],
  );
  if (coloured?.code === code) return coloured.runs;
  return highlighter?.peek({ code, language }) ?? null;
}
