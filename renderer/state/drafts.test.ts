import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import type { Commands } from './commands.ts';
import type { Problem } from '../../electron/bridge/commands.ts';
import { createDrafts, type DraftPlace } from './drafts.ts';
import { DRAFT_LIMIT_BYTES } from './text-size.ts';

const at = (channel: string, message: string | null = null, team = 't'): DraftPlace => ({
  team,
  channel,
  message,
});

function scene(kept = '') {
  const saved: unknown[] = [];
  const refusals: Problem[] = [];
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
    const error = name === 'draft.set' ? refusals.shift() : undefined;
    const value = name === 'draft.get' ? { text: kept, original: null } : null;
    return Promise.resolve(error ? { ok: false, error } : { ok: true, value });
  };
  const drafts = createDrafts({ commands: { call } as unknown as Pick<Commands, 'call'>, clock });
  return { drafts, saved, refusals, pass: () => timers.splice(0).forEach((act) => act()) };
}

describe('drafts', () => {
  it('are saved once for a burst of typing, with the last text', () => {
    const { drafts, saved, pass } = scene();
    for (const text of ['h', 'he', 'hel']) drafts.set(at('c'), text);
    expect(saved).toEqual([]);
    pass();
    expect(saved).toEqual(['hel']);
    pass();
    expect(saved).toEqual(['hel']);
  });

  it('are saved at once when the person turns away', () => {
    const { drafts, saved, pass } = scene();
    drafts.set(at('c'), 'half a thou');
    drafts.flush();
    pass();
    expect(saved).toEqual(['half a thou']);
  });

  it('are kept apart by team, channel and the message that is edited', () => {
    const { drafts, saved } = scene();
    drafts.set(at('a'), 'one');
    drafts.set(at('b'), 'two');
    drafts.set(at('a', null, 'u'), 'three');
    drafts.set(at('a', 'm'), 'four');
    drafts.flush();
    expect(saved).toEqual(['one', 'two', 'three', 'four']);
    expect(
      [at('a'), at('a', null, 'u'), at('b', null, 'u'), at('a', 'm')].map(drafts.peek),
    ).toEqual(['one', 'three', undefined, 'four']);
  });

  it('of a text that was taken at Enter are not saved again', () => {
    const { drafts, saved, pass } = scene();
    drafts.set(at('c'), 'hello');
    drafts.take(at('c'));
    pass();
    drafts.flush();
    expect([saved, drafts.peek(at('c'))]).toEqual([[], '']);
  });

  it('that come back stand before what was typed since, and are saved', () => {
    const { drafts, saved } = scene();
    drafts.set(at('c'), 'hello');
    drafts.take(at('c'));
    drafts.set(at('c'), 'and');
    drafts.giveBack(at('c'), 'hello');
    drafts.flush();
    expect([saved, drafts.peek(at('c'))]).toEqual([['hello\nand'], 'hello\nand']);
  });

  it('come back when the word that is being composed is done, and not into it', () => {
    const { drafts } = scene();
    drafts.set(at('c'), '你');
    drafts.composing(true);
    drafts.giveBack(at('c'), 'hello');
    expect(drafts.peek(at('c'))).toBe('你');
    drafts.set(at('c'), '你好');
    drafts.composing(false);
    expect(drafts.peek(at('c'))).toBe('hello\n你好');
  });

  it('that were kept by the core come before what was typed until the answer', async () => {
    const { drafts, saved } = scene('kept');
    const loading = drafts.load(at('c'));
    drafts.set(at('c'), 'typed');
    await Promise.all([loading, drafts.load(at('c'))]);
    expect(drafts.peek(at('c'))).toBe('kept\ntyped');
    drafts.flush();
    expect(saved).toEqual(['kept\ntyped']);
    await drafts.load(at('other'));
    expect(drafts.peek(at('other'))).toBe('kept');
  });

  it('of the core are there when a text was sent before the answer', async () => {
    const { drafts } = scene('kept');
    const loading = drafts.load(at('c'));
    drafts.set(at('c'), 'typed');
    drafts.take(at('c'));
    await loading;
    expect(drafts.peek(at('c'))).toBe('kept');
  });

  it('that are too long to keep are marked and not sent to the core', async () => {
    const { drafts, saved } = scene();
    drafts.set(at('c'), 'd'.repeat(DRAFT_LIMIT_BYTES + 1));
    drafts.flush();
    await Promise.resolve();
    expect([saved, drafts.troubleOf(at('c'))]).toEqual([[], 'too-long']);
    drafts.set(at('c'), 'd'.repeat(DRAFT_LIMIT_BYTES));
    drafts.flush();
    expect([saved.length, drafts.troubleOf(at('c'))]).toEqual([1, null]);
  });

  it('that the core refuses are marked, and tried again until it takes them', async () => {
    const { drafts, saved, refusals, pass } = scene();
    refusals.push({ kind: 'unavailable' });
    drafts.set(at('c'), 'precious');
    pass();
    await Promise.resolve();
    await Promise.resolve();
    expect(drafts.troubleOf(at('c'))).toBe('refused');
    pass();
    await Promise.resolve();
    await Promise.resolve();
    expect([saved, drafts.troubleOf(at('c'))]).toEqual([['precious', 'precious'], null]);
  });
});
