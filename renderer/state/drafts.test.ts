import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import type { Commands } from './commands.ts';
import { createDrafts } from './drafts.ts';

function scene(kept = '') {
  const saved: unknown[] = [];
  const timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    after(_ms, act) {
      timers.push(act);
      return () => void timers.splice(timers.indexOf(act), 1);
    },
  };
  const call = (name: string, input: unknown) => {
    if (name === 'draft.set') saved.push((input as { text: string }).text);
    return Promise.resolve({ ok: true, value: name === 'draft.get' ? { text: kept } : null });
  };
  const drafts = createDrafts({ commands: { call } as unknown as Pick<Commands, 'call'>, clock });
  return { drafts, saved, pass: () => timers.splice(0).forEach((act) => act()) };
}

describe('drafts', () => {
  it('are saved once for a burst of typing, with the last text', () => {
    const { drafts, saved, pass } = scene();
    for (const text of ['h', 'he', 'hel']) drafts.set('t', 'c', text);
    expect(saved).toEqual([]);
    pass();
    expect(saved).toEqual(['hel']);
    pass();
    expect(saved).toEqual(['hel']);
  });

  it('are saved at once when the person turns away', () => {
    const { drafts, saved, pass } = scene();
    drafts.set('t', 'c', 'half a thou');
    drafts.flush();
    pass();
    expect(saved).toEqual(['half a thou']);
  });

  it('are kept apart by channel and team', () => {
    const { drafts, saved } = scene();
    drafts.set('t', 'a', 'one');
    drafts.set('t', 'b', 'two');
    drafts.set('u', 'a', 'three');
    drafts.flush();
    expect(saved).toEqual(['one', 'two', 'three']);
    expect([drafts.peek('t', 'a'), drafts.peek('u', 'a'), drafts.peek('u', 'b')]).toEqual([
      'one',
      'three',
      undefined,
    ]);
  });

  it('of a sent text are not saved behind the back of the outbox', () => {
    const { drafts, saved, pass } = scene();
    drafts.set('t', 'c', 'hello');
    drafts.sending('t', 'c');
    pass();
    drafts.sent('t', 'c', '');
    drafts.flush();
    expect(saved).toEqual([]);
  });

  it('keep what was typed while the message went out', () => {
    const { drafts, saved } = scene();
    drafts.set('t', 'c', 'hello');
    drafts.sending('t', 'c');
    drafts.sent('t', 'c', 'and');
    drafts.flush();
    expect(saved).toEqual(['and']);
  });

  it('that were refused are saved again, though the text is the same', () => {
    const { drafts, saved } = scene();
    drafts.set('t', 'c', 'hello');
    drafts.sending('t', 'c');
    drafts.set('t', 'c', 'hello', true);
    drafts.flush();
    expect(saved).toEqual(['hello']);
  });

  it('that were kept by the core do not overwrite what is typed meanwhile', async () => {
    const { drafts } = scene('kept');
    const loading = drafts.load('t', 'c');
    drafts.set('t', 'c', 'typed');
    expect(await loading).toBe('typed');
    expect(await drafts.load('t', 'other')).toBe('kept');
  });
});
