/** A short word at the foot of the window about something just tried; goes by itself, unless it is a problem. */
import { X } from 'lucide-react';
import { useEffect } from 'react';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { cx } from '../../ui/cx.ts';
import { useIsVisible } from '../../ui/hooks.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { channelMention } from '../shell/channel-title.ts';
import { stateOf } from '../../state/selectors.ts';
import { useCommands, useWindow } from './context.tsx';
import styles from './remark-line.module.css';

const SHOWN_MS = { done: 2_500, problem: 9_000, 'given-back': 9_000 } as const;

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
          className={cx(styles['remark'], remark.kind !== 'done' && styles['problem'])}
        >
          <span>
            {remark.kind === 'problem' ? (
              problemWords(words, remark.problem)
            ) : remark.kind === 'given-back' ? (
              <GivenBack {...remark} />
            ) : (
              words.say(`done.${remark.what}`)
            )}
          </span>
          {remark.kind !== 'done' && (
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

function GivenBack({ team: id, channel: at }: { readonly team: string; readonly channel: string }) {
  const words = useWords();
  const team = useWindow((model) => stateOf(model)?.teams[id]);
  const channel = team?.channels[at];
  const title = channel && channelMention(channel, team.members, words);
  return words.say('composer.given-back-elsewhere', {
    channel: title ?? words.say('unsent.unknown-channel'),
  });
}
