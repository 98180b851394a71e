/**
 * Where one writes. Enter sends and Shift+Enter breaks the line (or Ctrl+Enter sends, by choice), never while a word is being
 * composed. The text leaves the field only when the core has it on disk; a refusal leaves it where it is. The field grows
 * upwards and never moves under the cursor.
 */
import { AtSign, Bold, Code, Italic } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { flushSync } from 'react-dom';
import type { ChannelView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { membersInOrder, sidebarOf, stateOf } from '../../state/selectors.ts';
import { Button } from '../../ui/button.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { useParts, useWindow } from '../app/context.tsx';
import { channelMention } from '../shell/channel-title.ts';
import { keyNames } from '../shell/key-names.ts';
import { format, type Mark } from './format.ts';
import { GrowingText } from './growing-text.tsx';
import { askedAt, complete, suggest, type Suggestion } from './suggest.ts';
import { SUGGESTIONS_ID, Suggestions, suggestionId } from './suggestions.tsx';
import { isSendable, sizeOf, TEXT_LIMIT_BYTES } from './text-size.ts';
import { useDraft } from './use-draft.ts';
import styles from './composer.module.css';

export interface ComposerProps {
  readonly team: TeamState;
  readonly channel: ChannelView;
}

const TYPING_EVERY_MS = 3_000;
const NEAR_LIMIT_BYTES = 1_024;

export function Composer({ team, channel }: ComposerProps) {
  const words = useWords();
  const { store, commands, drafts } = useParts();
  const place = { team: team.team.id, channel: channel.id };
  const { text, setText, isLoaded } = useDraft(place, drafts);
  const field = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  /** The text for which suggestions were waved away. */
  const [dismissed, setDismissed] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const isSending = useRef(false);
  const toldTypingAt = useRef(-Infinity);
  const sendWith = useWindow((model) => stateOf(model)?.settings.sendWith ?? 'enter');
  const os = useWindow((model) => stateOf(model)?.app.os ?? '');
  const toComposer = useWindow((model) => model.ui.toComposer);

  const size = sizeOf(text);
  const over = size - TEXT_LIMIT_BYTES;
  const maySend = isLoaded && isSendable(text) && over <= 0;
  const asked = askedAt(text, caret);
  // Nobody is sorted before somebody is asked for: a team may be ten thousand.
  const suggestions =
    asked === null || dismissed === text
      ? NONE
      : suggest(asked, {
          members: membersInOrder(team.members),
          channels: sidebarOf(team.channels).channels,
          me: team.team.me,
          hasEveryone: channel.kind !== 'direct',
        });
  const active = suggestions[Math.min(chosen, suggestions.length - 1)];

  useEffect(() => {
    field.current?.focus();
  }, [toComposer, channel.id]);
  useEffect(() => () => drafts.flush(), [drafts]);

  const change = (next: string, at: number): void => {
    setText(next);
    setCaret(at);
    setChosen(0);
    setProblem(null);
    if (!isSendable(next)) return;
    const now = performance.now();
    if (now - toldTypingAt.current < TYPING_EVERY_MS) return;
    toldTypingAt.current = now;
    void commands.call('typing.tell', place);
  };

  const put = (next: {
    readonly text: string;
    readonly from: number;
    readonly to: number;
  }): void => {
    flushSync(() => change(next.text, next.to));
    field.current?.focus();
    field.current?.setSelectionRange(next.from, next.to);
  };

  const choose = (suggestion: Suggestion): void => {
    if (asked === null) return;
    const made = complete(text, asked, suggestion);
    put({ text: made.text, from: made.caret, to: made.caret });
  };

  const send = async (): Promise<void> => {
    if (!maySend || isSending.current) return;
    isSending.current = true;
    drafts.sending(place.team, place.channel);
    const answer = await commands.call('message.send', { ...place, text });
    isSending.current = false;
    if (!answer.ok) {
      setProblem(problemWords(words, answer.error));
      setText((now) => now, { isUnsaved: true });
      return;
    }
    toldTypingAt.current = -Infinity;
    // What was typed while the message went to disk stays.
    setText((now) => (now.startsWith(text) ? now.slice(text.length).replace(/^\n/, '') : now), {
      isSent: true,
    });
    void commands.toEnd();
  };

  const editLast = (): boolean => {
    const rows = store.getState().snapshot?.state.timeline?.rows ?? [];
    const last = rows.findLast(
      (row) =>
        row.type === 'message' && row.author === team.team.me && row.seq !== null && !row.isDeleted,
    );
    if (!last) return false;
    commands.edit(last.key);
    return true;
  };

  const mark = (kind: Mark): void => {
    const view = field.current;
    if (view) put(format({ text, from: view.selectionStart, to: view.selectionEnd }, kind));
  };

  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const isCommand = os === 'darwin' ? event.metaKey : event.ctrlKey;
    if (active && onSuggestionKey(event)) return event.preventDefault();
    if (
      event.key === 'Enter' &&
      !event.shiftKey &&
      !event.altKey &&
      (isCommand || sendWith === 'enter')
    ) {
      event.preventDefault();
      void send();
    } else if (
      event.key === 'ArrowUp' &&
      !isCommand &&
      !event.shiftKey &&
      !event.altKey &&
      text === ''
    ) {
      if (editLast()) event.preventDefault();
    } else if (isCommand && !event.shiftKey && !event.altKey) {
      const kind = ({ b: 'bold', i: 'italic', e: 'code' } as const)[event.key.toLowerCase()];
      if (kind === undefined) return;
      event.preventDefault();
      mark(kind);
    }
  };

  function onSuggestionKey(event: KeyboardEvent): boolean {
    if (!active || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false;
    const at = suggestions.indexOf(active);
    if (event.key === 'ArrowDown') setChosen((at + 1) % suggestions.length);
    else if (event.key === 'ArrowUp') setChosen((at - 1 + suggestions.length) % suggestions.length);
    else if (event.key === 'Enter' || event.key === 'Tab') choose(active);
    else if (event.key === 'Escape') setDismissed(text);
    else return false;
    return true;
  }

  const keys = keyNames(os);
  const title = channelMention(channel, team.members, words);
  return (
    <form
      className={styles['composer']}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {active && (
        <Suggestions
          items={suggestions}
          active={active}
          members={team.members}
          presence={team.presence}
          onChoose={choose}
        />
      )}
      <GrowingText
        field={field}
        label={words.say('composer.label', { channel: title })}
        placeholder={words.say('composer.placeholder', { channel: title })}
        value={text}
        suggestions={active && { list: SUGGESTIONS_ID, active: suggestionId(active) }}
        describedBy={problem !== null || over > -NEAR_LIMIT_BYTES ? 'composer-note' : undefined}
        onChange={change}
        onCaret={setCaret}
        onKey={onKey}
        onBlur={drafts.flush}
      />
      {(problem !== null || over > -NEAR_LIMIT_BYTES) && (
        <p
          id="composer-note"
          role="status"
          className={over > 0 || problem !== null ? styles['alarm'] : styles['note']}
        >
          {problem ??
            (over > 0
              ? words.say('composer.too-long', { over })
              : words.say('composer.near-limit', { left: -over }))}
        </p>
      )}
      <div className={styles['tools']}>
        <IconButton
          label={words.say('composer.bold')}
          shortcut={keys.command('B')}
          icon={Bold}
          onPress={() => mark('bold')}
        />
        <IconButton
          label={words.say('composer.italic')}
          shortcut={keys.command('I')}
          icon={Italic}
          onPress={() => mark('italic')}
        />
        <IconButton
          label={words.say('composer.code')}
          shortcut={keys.command('E')}
          icon={Code}
          onPress={() => mark('code')}
        />
        <IconButton
          label={words.say('composer.mention')}
          icon={AtSign}
          onPress={() => put(insertSign(field.current, text))}
        />
        <span className={styles['hint']}>
          {words.say(sendWith === 'enter' ? 'composer.hint-enter' : 'composer.hint-command', {
            key: keys.command('↵'),
          })}
        </span>
        <Button size="small" look="primary" type="submit" isDisabled={!maySend}>
          {words.say('composer.send')}
        </Button>
      </div>
    </form>
  );
}

const NONE: readonly Suggestion[] = [];

function insertSign(
  view: HTMLTextAreaElement | null,
  text: string,
): { readonly text: string; readonly from: number; readonly to: number } {
  const at = view?.selectionEnd ?? text.length;
  const lead = at > 0 && /[\p{Script=Latin}\p{N}]/u.test(text.charAt(at - 1)) ? ' ' : '';
  const caret = at + lead.length + 1;
  return { text: `${text.slice(0, at)}${lead}@${text.slice(at)}`, from: caret, to: caret };
}
