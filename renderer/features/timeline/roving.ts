/**
 * Moving through messages by keyboard: Tab reaches one message (the last, or the one last looked at), the arrows go to its
 * neighbours, also to those not drawn yet, and Escape leaves to the composer. Keys inside fields and menus are left alone.
 */
import {
  useCallback,
  useMemo,
  useRef,
  useState,
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
} from 'react';
import { isImeKey } from '../../text/ime.ts';
import type { Item } from './items.ts';

export interface Roving {
  /** The message Tab reaches. */
  readonly stop: string | null;
  /** The message that has the focus, itself or in it. */
  readonly focused: string | null;
  onKeyDown(event: KeyboardEvent<HTMLElement>, scrollToIndex: (index: number) => void): void;
  onFocus(event: FocusEvent<HTMLElement>): void;
  onBlur(event: FocusEvent<HTMLElement>): void;
}

const messageKeyOf = (target: EventTarget): string | null =>
  target instanceof Element
    ? (target.closest<HTMLElement>('[data-message]')?.dataset['message'] ?? null)
    : null;

export function useRoving(
  items: readonly Item[],
  scroller: RefObject<HTMLElement | null>,
  onKey: (rowKey: string, key: string) => boolean,
  onLeave: () => void,
): Roving {
  const [chosen, setChosen] = useState<string | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const messages = useMemo(
    () =>
      items.flatMap((item, index) => (item.kind === 'message' ? [{ key: item.key, index }] : [])),
    [items],
  );
  const isChosenThere = chosen !== null && messages.some((message) => message.key === chosen);
  const stop = isChosenThere ? chosen : (messages.at(-1)?.key ?? null);
  const wanted = useRef<string | null>(null);

  const focusMessage = useCallback(
    (key: string, tries = 6): void => {
      if (wanted.current !== key) return;
      const element = scroller.current?.querySelector<HTMLElement>(
        `[data-message="${CSS.escape(key)}"]`,
      );
      if (element) {
        element.focus({ preventScroll: true });
        element.scrollIntoView({ block: 'nearest' });
      } else if (tries > 0) requestAnimationFrame(() => focusMessage(key, tries - 1));
    },
    [scroller],
  );

  const onKeyDown = (
    event: KeyboardEvent<HTMLElement>,
    scrollToIndex: (index: number) => void,
  ): void => {
    if (isImeKey(event.nativeEvent)) return;
    const key = messageKeyOf(event.target);
    if (
      key === null ||
      !(event.target instanceof HTMLElement) ||
      event.target.closest('textarea, input, [role="menu"]')
    )
      return;
    if (event.key === 'Escape') {
      event.preventDefault();
      onLeave();
      return;
    }
    // The rest belongs to the message itself, not to a button or a link in it.
    if (
      event.target.dataset['message'] === undefined ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey
    )
      return;
    const at = messages.findIndex((message) => message.key === key);
    const next = {
      ArrowUp: messages[at - 1],
      ArrowDown: messages[at + 1],
      Home: messages[0],
      End: messages.at(-1),
    }[event.key];
    if (next) {
      event.preventDefault();
      wanted.current = next.key;
      scrollToIndex(next.index);
      focusMessage(next.key);
    } else if (event.key === 'ArrowDown' && at === messages.length - 1) {
      event.preventDefault();
      onLeave();
    } else if (onKey(key, event.key)) event.preventDefault();
  };

  return {
    stop,
    focused,
    onKeyDown,
    onFocus: (event) => {
      const key = messageKeyOf(event.target);
      setFocused(key);
      if (key !== null) setChosen(key);
    },
    onBlur: (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) setFocused(null);
    },
  };
}
