import { expect, it } from 'vitest';
import { createImeGuard, isImeKey, type KeyPress } from './ime.ts';

const press = (parts: Partial<KeyPress>): KeyPress => ({
  key: 'Enter',
  keyCode: 13,
  isComposing: false,
  timeStamp: 1_000,
  ...parts,
});

it('a plain Enter is ours', () => {
  expect(createImeGuard().owns(press({}))).toBe(false);
});

it('a key while composing belongs to the input method, by each of its signs alone', () => {
  const guard = createImeGuard();
  expect(guard.owns(press({ isComposing: true }))).toBe(true);
  expect(guard.owns(press({ keyCode: 229 }))).toBe(true);
  expect(guard.owns(press({ key: 'Process' }))).toBe(true);
});

it('every key between the start and the end of a composition belongs to it, though the event does not say so', () => {
  const guard = createImeGuard();
  guard.compositionStarted();
  expect(guard.owns(press({}))).toBe(true);
  expect(guard.owns(press({ key: 'Escape', keyCode: 27 }))).toBe(true);
  guard.compositionEnded(2_000);
  expect(guard.owns(press({ timeStamp: 2_200 }))).toBe(false);
});

it('the Enter that Safari sends just after the end of a composition belongs to it; the next one is ours', () => {
  const guard = createImeGuard();
  guard.compositionStarted();
  guard.compositionEnded(2_000);
  expect(guard.owns(press({ timeStamp: 2_004 }))).toBe(true);
  expect(guard.owns(press({ timeStamp: 2_120 }))).toBe(false);
});

it('what is typed right after a composition is not swallowed', () => {
  const guard = createImeGuard();
  guard.compositionStarted();
  guard.compositionEnded(2_000);
  expect(guard.owns(press({ key: 'a', keyCode: 65, timeStamp: 2_004 }))).toBe(false);
});

it('handlers without a field see what the event alone says', () => {
  expect(isImeKey(press({}))).toBe(false);
  expect(isImeKey(press({ keyCode: 229 }))).toBe(true);
});
