/** A short word at the foot of the window about something just tried; goes by itself, unless it is a problem. */
import { X } from 'lucide-react';
import { useEffect } from 'react';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { cx } from '../../ui/cx.ts';
import { useIsVisible } from '../../ui/hooks.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { useCommands, useWindow } from './context.tsx';
import styles from './remark-line.module.css';

const SHOWN_MS = { done: 2_500, problem: 9_000 } as const;

export function RemarkLine() {
  const words = useWords();
  const commands = useCommands();
  const remark = useWindow((model) => model.ui.remark);
  const isVisible = useIsVisible();
  useEffect(() => {
    if (remark === null || !isVisible) return undefined;
    const timer = setTimeout(() => commands.say(null), SHOWN_MS[remark.kind]);
    return () => clearTimeout(timer);
  }, [remark, isVisible, commands]);
  return (
    <div role="status" className={styles['place']}>
      {remark !== null && (
        <div
          key={remark.n}
          className={cx(styles['remark'], remark.kind === 'problem' && styles['problem'])}
        >
          <span>
            {remark.kind === 'problem'
              ? problemWords(words, remark.problem)
              : words.say(`done.${remark.what}`)}
          </span>
          {remark.kind === 'problem' && (
            <IconButton
              size="small"
              label={words.say('act.dismiss')}
              icon={X}
              onPress={() => commands.say(null)}
            />
          )}
        </div>
      )}
    </div>
  );
}
