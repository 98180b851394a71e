/**
 * Texts between Enter and the disk: the order, what comes back, and for how long the window draws
 * them.
 */
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../electron/bridge/commands.ts';
import type { MessageRow, TimelineView } from '../../electron/bridge/views.ts';
import { createDrafts, type DraftPlace } from './drafts.ts';
import { newMessageId } from './new-message-id.ts';
import { createSending, isDrawn } from './sending.ts';
import { createWindowStore, setUi, type SendingText } from './store.ts';

const PLACE = { team: 't', channel: 'c' };
const FIELD: DraftPlace = { ...PLACE, message: null };
const FULL: Problem = { kind: 'unavailable' };

function scene() {
  const store = createWindowStore();
  setUi(store, { team: 't', channels: { t: 'c' } });
  const timers = new Set<() => void>();
  const clock = {
    now: () => 1_700_000_000_000,
    after: (_ms: number, act: () => void) => {
      timers.add(act);
      return () => void timers.delete(act);
    },
  };
  const calls: { name: string; input: Record<string, unknown>; answer: (p?: Problem) => void }[] =
    [];
  const said: unknown[] = [];
  const call = (name: string, input: unknown) =>
    new Promise((resolve) =>
      calls.push({
        name,
        input: input as Record<string, unknown>,
        answer: (error) => resolve(error ? { ok: false, error } : { ok: true, value: null }),
      }),
    );
  const commands = { call, say: (one: unknown) => said.push(one) } as never;
  const drafts = createDrafts({ commands, clock });
  const sending = createSending({ store, commands, drafts, clock });
  return {
    store,
    drafts,
    sending,
    calls,
    said,
    posts: () => calls.filter((one) => one.name === 'message.send'),
    drawn: () => store.getState().ui.sending.map((one) => one.text),
    pass: () => [...timers].forEach((act) => act()),
  };
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a text at Enter', () => {
  it('leaves the field, is drawn and sent to the core at once, each after the one before', () => {
    const { sending, drafts, posts, drawn } = scene();
    for (const text of ['one', 'two', 'three']) {
      drafts.set(FIELD, text);
      void sending.post(PLACE, text);
      expect(drafts.peek(FIELD)).toBe('');
    }
    expect(drawn()).toEqual(['one', 'two', 'three']);
    const ids = posts().map((one) => one.input['message']);
    expect(posts().map(({ input }) => [input['text'], input['after']])).toEqual([
      ['one', undefined],
      ['two', ids[0]],
      ['three', ids[1]],
    ]);
    expect(new Set(ids).size).toBe(3);
  });

  it('that is refused comes back with those after it, before what was typed since', async () => {
    const { sending, drafts, posts, drawn, store } = scene();
    for (const text of ['one', 'two', 'three']) void sending.post(PLACE, text);
    drafts.set(FIELD, 'typed since');
    const [first, second, third] = posts();
    first?.answer();
    second?.answer(FULL);
    await settled();
    // The third is still under way: until it is known what becomes of it, nothing comes back.
    expect(drafts.peek(FIELD)).toBe('typed since');
    third?.answer(FULL);
    await settled();
    expect(drafts.peek(FIELD)).toBe('two\nthree\ntyped since');
    expect(drawn()).toEqual([]);
    expect(store.getState().ui.givenBack).toEqual({ ...PLACE, problem: FULL });
  });

  it('names the refused one before it, also when that answer came already', async () => {
    const { sending, posts } = scene();
    void sending.post(PLACE, 'one');
    void sending.post(PLACE, 'two');
    posts()[0]?.answer(FULL);
    await settled();
    void sending.post(PLACE, 'three');
    expect(posts()[2]?.input['after']).toBe(posts()[1]?.input['message']);
  });

  it('comes back with a remark when its channel is not on screen any more', async () => {
    const { sending, posts, said, store, drafts } = scene();
    void sending.post(PLACE, 'one');
    setUi(store, { channels: { t: 'other' } });
    posts()[0]?.answer(FULL);
    await settled();
    expect(drafts.peek(FIELD)).toBe('one');
    expect(said).toEqual([{ kind: 'given-back', ...PLACE }]);
  });

  it('comes back when the host goes away in the middle of the call', async () => {
    const { store, drafts, said } = scene();
    const commands = {
      call: () => Promise.reject(new Error('the port closed')),
      say: (one: unknown) => said.push(one),
    } as never;
    const clock = { now: () => 0, after: () => () => undefined };
    await createSending({ store, commands, drafts, clock }).post(PLACE, 'one');
    expect(drafts.peek(FIELD)).toBe('one');
  });

  it('is drawn for a moment after it was stored, for the timeline to have it', async () => {
    const { sending, posts, drawn, pass } = scene();
    void sending.post(PLACE, 'one');
    posts()[0]?.answer();
    await settled();
    // No timeline is open, so nothing has to be waited for.
    expect(drawn()).toEqual([]);
    pass();
    expect(drawn()).toEqual([]);
  });
});

describe('an edit', () => {
  const edit: DraftPlace & { message: string } = { ...PLACE, message: 'm' };

  it('that was refused is a draft again, and its box opens', async () => {
    const { sending, drafts, calls, store, said } = scene();
    drafts.set(edit, 'better', 'good');
    void sending.edit(edit, 'better', 'good');
    expect(drafts.peek(edit)).toBeUndefined();
    calls.find((one) => one.name === 'message.edit')?.answer({ kind: 'not-allowed' });
    await settled();
    expect([drafts.peek(edit), drafts.originalOf(edit)]).toEqual(['better', 'good']);
    expect(store.getState().ui.editing).toBe('m');
    expect(said).toEqual([{ kind: 'problem', problem: { kind: 'not-allowed' } }]);
  });
});

describe('is the text drawn by the core?', () => {
  const text = (more: Partial<SendingText> = {}): SendingText => ({
    kind: 'post',
    message: 'm',
    ...PLACE,
    text: 'new',
    at: 0,
    ...more,
  });
  const row = (more: Partial<MessageRow> = {}): MessageRow => ({
    type: 'message',
    key: 'm',
    order: 1,
    id: 'm',
    seq: 1,
    author: 'me',
    at: 0,
    text: 'old',
    editedAt: null,
    isDeleted: false,
    mentionsMe: false,
    delivery: { state: 'sent' },
    ...more,
  });
  const timeline = (rows: readonly MessageRow[], more: Partial<TimelineView> = {}) =>
    ({
      ...PLACE,
      rows,
      hasOlder: false,
      hasNewer: false,
      unreadAfter: null,
      target: null,
      ...more,
    }) as TimelineView;

  it.each([
    ['no timeline', null, text(), true],
    ['another channel', timeline([], { channel: 'other' }), text(), true],
    ['not there yet', timeline([]), text(), false],
    ['there', timeline([row()]), text(), true],
    ['the live end is not shown', timeline([], { hasNewer: true }), text(), true],
    ['an edit, with the old text', timeline([row()]), text({ kind: 'edit' }), false],
    ['an edit, with the new', timeline([row({ text: 'new' })]), text({ kind: 'edit' }), true],
    ['an edit, deleted', timeline([row({ isDeleted: true })]), text({ kind: 'edit' }), true],
    ['an edit, not shown', timeline([]), text({ kind: 'edit' }), true],
  ] as const)('%s', (_name, view, one, is) => expect(isDrawn(view, one)).toBe(is));
});

it('a message id is a UUID of version 7 that carries the moment it was made', () => {
  const id = newMessageId(0x0190_a000_1234);
  expect(id).toMatch(/^0190a000-1234-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newMessageId(0)).not.toBe(newMessageId(0));
});
