/**
 * The one guard of every key handler: is this key press part of composing a word with an input method? While it is, Enter
 * chooses a candidate and must never send, Escape closes the candidates and must not close anything of ours.
 *
 * Three signs, as no single one is reliable: `isComposing`; key code 229 and key `Process`, which browsers give for keys an
 * input method took; and, in Safari's order of events, the key press that comes just after `compositionend`.
 */
export interface KeyPress {
  readonly key: string;
  readonly keyCode: number;
  readonly isComposing: boolean;
  readonly timeStamp: number;
}

const IME_KEY_CODE = 229;
/** Safari sends the Enter that ended a composition within a few milliseconds of its end. */
const JUST_ENDED_MS = 30;

export interface ImeGuard {
  compositionStarted(): void;
  compositionEnded(timeStamp: number): void;
  /** True while a key belongs to the input method. */
  owns(press: KeyPress): boolean;
}

/** One per text field: composition events are heard where they happen. */
export function createImeGuard(): ImeGuard {
  let isComposing = false;
  let endedAt = -Infinity;
  return {
    compositionStarted() {
      isComposing = true;
    },
    compositionEnded(timeStamp) {
      isComposing = false;
      endedAt = timeStamp;
    },
    owns: (press) =>
      isImeKey(press) ||
      isComposing ||
      (press.key === 'Enter' && press.timeStamp - endedAt < JUST_ENDED_MS),
  };
}

/** For handlers without a field of their own (the window's shortcuts): what the event alone says. */
export const isImeKey = (press: Pick<KeyPress, 'key' | 'keyCode' | 'isComposing'>): boolean =>
  press.isComposing || press.keyCode === IME_KEY_CODE || press.key === 'Process';
