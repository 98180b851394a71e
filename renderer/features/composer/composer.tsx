/**
 * Where one writes. Enter sends and Shift+Enter breaks the line (or Ctrl+Enter sends, by choice),
 * never while a word is being composed. Enter takes the text at once, however busy the computer is;
 * a text that cannot be stored comes back. The field grows upwards and never moves under the
 * cursor.
 */
import { AtSign, Bold, Code, Italic } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { flushSync } from 'react-dom';
import type { Problem } from '../../../electron/bridge/commands.ts';
import type { ChannelView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import type { Words } from '../../i18n/words.ts';
import type { DraftTrouble } from '../../state/drafts.ts';
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
import { isSendable, sizeOf, TEXT_LIMIT_BYTES } from '../../state/text-size.ts';
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
  const { store, commands, drafts, sending } = useParts();
  const place = { team: team.team.id, channel: channel.id };
  const draft = { ...place, message: null };
  const { text = '', trouble } = useDraft(draft, drafts);
  const field = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  /** The text for which suggestions were waved away. */
  const [dismissed, setDismissed] = useState<string | null>(null);
  const toldTypingAt = useRef(-Infinity);
  const sendWith = useWindow((model) => stateOf(model)?.settings.sendWith ?? 'enter');
  const os = useWindow((model) => stateOf(model)?.app.os ?? '');
  const toComposer = useWindow((model) => model.ui.toComposer);
  const givenBack = useWindow(({ ui }) =>
    ui.givenBack?.team === team.team.id && ui.givenBack.channel === channel.id
      ? ui.givenBack.problem
      : null,
  );

  const size = sizeOf(text);
  const over = size - TEXT_LIMIT_BYTES;
  const maySend = isSendable(text) && over <= 0;
  const notes = noteWords(words, { over, givenBack, trouble });
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

  const change = (next: string, at: number): void => {
    drafts.set(draft, next);
    setCaret(at);
    setChosen(0);
    if (givenBack !== null) commands.sawGivenBack();
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

  const send = (): void => {
    // As it stands now: a second Enter may come before the first one is drawn.
    const typed = drafts.peek(draft) ?? '';
    if (!isSendable(typed) || sizeOf(typed) > TEXT_LIMIT_BYTES) return;
    // The field is empty before the next key, also where keys come in one task.
    flushSync(() => void sending.post(place, typed));
    toldTypingAt.current = -Infinity;
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
      send();
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
        send();
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
        describedBy={notes.length > 0 ? 'composer-note' : undefined}
        onChange={change}
        onCaret={setCaret}
        onKey={onKey}
        onComposing={drafts.composing}
        onBlur={drafts.flush}
      />
      {notes.length > 0 && (
        <p
          id="composer-note"
          role="status"
          className={over > 0 || notes.length > 1 || givenBack ? styles['alarm'] : styles['note']}
        >
          {notes.join(' ')}
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

interface Noted {
  readonly over: number;
  readonly givenBack: Problem | null;
  readonly trouble: DraftTrouble | null;
}

/**
 * What to know about the text in the field: that it came back, that it is too long, that it is not
 * kept.
 */
function noteWords(words: Words, { over, givenBack, trouble }: Noted): readonly string[] {
  const notes: string[] = [];
  // The core answers so when this computer's disk took nothing.
  if (givenBack?.kind === 'unavailable') notes.push(words.say('composer.given-back-disk'));
  else if (givenBack)
    notes.push(words.say('composer.given-back', { why: problemWords(words, givenBack) }));
  if (over > 0) notes.push(words.say('composer.too-long', { over }));
  else if (over > -NEAR_LIMIT_BYTES) notes.push(words.say('composer.near-limit', { left: -over }));
  if (trouble) notes.push(words.say(`composer.not-kept.${trouble}`));
  else if (over > 0) notes.push(words.say('composer.kept'));
  return notes;
}

function insertSign(
  view: HTMLTextAreaElement | null,
  text: string,
): { readonly text: string; readonly from: number; readonly to: number } {
  const at = view?.selectionEnd ?? text.length;
  const lead = at > 0 && /[\p{Script=Latin}\p{N}]/u.test(text.charAt(at - 1)) ? ' ' : '';
  const caret = at + lead.length + 1;
  return { text: `${text.slice(0, at)}${lead}@${text.slice(at)}`, from: caret, to: caret };
}
