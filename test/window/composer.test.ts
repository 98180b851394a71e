/** Writing, in a real browser: what is sent, what is not, and what is kept. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createStage, type Stage } from './kit/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

async function open(scene = 'read', query: Readonly<Record<string, string>> = {}): Promise<Page> {
  const { page } = await stage.open({ scene, query });
  await page.locator('article').first().waitFor();
  await page.locator('footer textarea').focus();
  return page;
}
const field = (page: Page) => page.locator('footer textarea');
const sent = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() =>
    window
      .demo!.bridge.calls.filter((call) => call.name === 'message.send')
      .map((call) => (call.input as { text: string }).text),
  );
const drafts = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() =>
    window
      .demo!.bridge.calls.filter((call) => call.name === 'draft.set')
      .map((call) => (call.input as { text: string }).text),
  );

/** What an input method does to a field, event by event. */
const compose = (
  page: Page,
  steps: readonly {
    readonly type: string;
    readonly key?: string;
    readonly keyCode?: number;
    readonly isComposing?: boolean;
    readonly data?: string;
  }[],
) =>
  page.evaluate((all) => {
    const target = document.querySelector('footer textarea')!;
    for (const step of all) {
      if (step.type.startsWith('composition'))
        target.dispatchEvent(
          new CompositionEvent(step.type, { bubbles: true, data: step.data ?? '' }),
        );
      else {
        const event = new KeyboardEvent(step.type, {
          bubbles: true,
          cancelable: true,
          key: step.key ?? '',
          isComposing: step.isComposing ?? false,
        });
        Object.defineProperty(event, 'keyCode', { value: step.keyCode ?? 0 });
        target.dispatchEvent(event);
      }
    }
  }, steps);

describe('Enter', () => {
  it('sends, and Shift Enter breaks the line', async () => {
    const page = await open();
    await field(page).pressSequentially('one');
    await field(page).press('Shift+Enter');
    await field(page).pressSequentially('two');
    await field(page).press('Enter');
    await expect.poll(() => sent(page)).toEqual(['one\ntwo']);
    await expect.poll(() => field(page).inputValue()).toBe('');
  });

  it('sends nothing where there is nothing to see', async () => {
    const page = await open();
    for (const text of ['', '   ', '\n\n', '\u200b']) {
      await field(page).fill(text);
      await field(page).press('Enter');
    }
    expect(await sent(page)).toEqual([]);
  });

  it('breaks the line and Ctrl Enter sends, where that was chosen', async () => {
    const page = await open();
    await page.evaluate(() => {
      const { bridge } = window.demo!;
      bridge.emit({
        kind: 'settings',
        settings: { ...bridge.state().settings, sendWith: 'ctrl-enter' },
      });
    });
    await field(page).pressSequentially('one');
    await field(page).press('Enter');
    await field(page).pressSequentially('two');
    expect(await sent(page)).toEqual([]);
    await field(page).press('Control+Enter');
    await expect.poll(() => sent(page)).toEqual(['one\ntwo']);
  });

  it('pressed twice quickly sends once', async () => {
    const page = await open();
    await field(page).fill('once');
    await page.evaluate(() => {
      const target = document.querySelector('footer textarea')!;
      for (let at = 0; at < 2; at++)
        target.dispatchEvent(
          new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }),
        );
    });
    await page.locator('article', { hasText: 'once' }).last().waitFor();
    expect(await sent(page)).toEqual(['once']);
  });
});

describe('while a word is being composed', () => {
  const ENTER = { type: 'keydown', key: 'Enter', keyCode: 13 } as const;

  it.each([
    ['the event says so', [{ type: 'compositionstart' }, { ...ENTER, isComposing: true }]],
    ['the key code is 229', [{ ...ENTER, keyCode: 229 }]],
    ['the key is Process', [{ ...ENTER, key: 'Process', keyCode: 229 }]],
    ['only the composition events say so', [{ type: 'compositionstart' }, ENTER]],
    [
      'Safari ends the composition first',
      [{ type: 'compositionstart' }, { type: 'compositionend', data: '你好' }, ENTER],
    ],
  ] as const)('Enter never sends: %s', async (_name, steps) => {
    const page = await open();
    await field(page).fill('你好');
    await compose(page, steps);
    expect(await sent(page)).toEqual([]);
    expect(await field(page).inputValue()).toBe('你好');
  });

  it('the next Enter sends', async () => {
    const page = await open();
    await field(page).fill('你好');
    await compose(page, [
      { type: 'compositionstart' },
      { ...ENTER, isComposing: true },
      { type: 'compositionend', data: '你好' },
    ]);
    // Longer than the moment in which Safari's Enter comes.
    await page.waitForFunction(
      (from) => performance.now() - from > 60,
      await page.evaluate(() => performance.now()),
    );
    await field(page).press('Enter');
    await expect.poll(() => sent(page)).toEqual(['你好']);
  });

  it('Escape does not leave an edit', async () => {
    const page = await open();
    await field(page).press('ArrowUp');
    const edit = page.locator('article textarea');
    await edit.fill('改');
    await page.evaluate(() => {
      const target = document.querySelector('article textarea')!;
      target.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
      target.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true }),
      );
    });
    expect(await edit.inputValue()).toBe('改');
  });
});

describe('a refused text', () => {
  it('stays where it is, with what happened, and is kept as a draft', async () => {
    const page = await open();
    await page.evaluate(() => window.demo!.bridge.refuse('message.send', { kind: 'unavailable' }));
    await field(page).fill('do not lose me');
    await field(page).press('Enter');
    await page.getByText('it could not be saved on this computer').waitFor();
    expect(await field(page).inputValue()).toBe('do not lose me');
    await field(page).blur();
    expect((await drafts(page)).at(-1)).toBe('do not lose me');
    await page.evaluate(() => window.demo!.bridge.refuse('message.send', null));
    await field(page).press('Enter');
    await expect.poll(() => field(page).inputValue()).toBe('');
  });

  it('that is too long says by how much, and is not sent', async () => {
    const page = await open();
    await field(page).fill('中'.repeat(5_500));
    await page.getByText('Too long by 116 bytes').waitFor();
    await field(page).press('Enter');
    expect(await sent(page)).toEqual([]);
  });
});

describe('drafts', () => {
  it('belong to their channel, and come back', async () => {
    const page = await open();
    await field(page).fill('half a thought');
    await page
      .locator('aside')
      .getByRole('button', { name: /design/ })
      .click();
    await page.getByRole('heading', { name: 'design' }).first().waitFor();
    expect(await field(page).inputValue()).toBe('');
    expect((await drafts(page)).at(-1)).toBe('half a thought');
    await page
      .locator('aside')
      .getByRole('button', { name: /launch/ })
      .click();
    await expect.poll(() => field(page).inputValue()).toBe('half a thought');
  });

  it('that the core kept are shown', async () => {
    const page = await open();
    await page
      .locator('aside')
      .getByRole('button', { name: /plant-sensors/ })
      .click();
    await expect.poll(() => field(page).inputValue()).toBe('Line 2 reads high since');
  });

  it('are saved within half a second of typing', async () => {
    const page = await open();
    // By the page's own clock: how long the test takes to look is not the question.
    const tookMs = await page.evaluate(async () => {
      const isSaved = (): boolean =>
        window.demo!.bridge.calls.some(
          ({ name, input }) =>
            name === 'draft.set' && (input as { readonly text: string }).text === 'typing',
        );
      document.execCommand('insertText', false, 'typing');
      const from = performance.now();
      while (!isSaved() && performance.now() - from < 10_000)
        await new Promise((resolve) => setTimeout(resolve, 5));
      return performance.now() - from;
    });
    // A timer of half a second, which a busy page serves a little late.
    expect(tookMs).toBeLessThan(1_000);
  });
});

describe('typing', () => {
  it('is told at most once in three seconds', async () => {
    const page = await open();
    const from = performance.now();
    await field(page).pressSequentially('a longer sentence, letter by letter');
    const most = 1 + Math.floor((performance.now() - from) / 3_000);
    const told = await page.evaluate(
      () => window.demo!.bridge.calls.filter((call) => call.name === 'typing.tell').length,
    );
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(most);
  });
});

describe('help with writing', () => {
  it('completes a name by keyboard, and Enter then chooses instead of sending', async () => {
    const page = await open();
    await field(page).pressSequentially('請 @佳');
    await page.getByRole('option', { name: '林佳穎' }).waitFor();
    await field(page).press('Enter');
    expect(await field(page).inputValue()).toBe('請 @佳穎 ');
    expect(await sent(page)).toEqual([]);
  });

  it('goes through the suggestions with the arrows, and Escape waves them away', async () => {
    const page = await open();
    await field(page).pressSequentially('#');
    await page.getByRole('listbox').waitFor();
    await field(page).press('ArrowDown');
    await field(page).press('Tab');
    const chosen = await field(page).inputValue();
    expect(chosen).toMatch(/^#\S+ $/);
    await field(page).pressSequentially('@m');
    await page.getByRole('listbox').waitFor();
    await field(page).press('Escape');
    await page.getByRole('listbox').waitFor({ state: 'hidden' });
    expect(await field(page).inputValue()).toBe(`${chosen}@m`);
  });

  it('puts marks round what is selected', async () => {
    const page = await open();
    await field(page).fill('loud');
    await field(page).selectText();
    await field(page).press('Control+b');
    expect(await field(page).inputValue()).toBe('**loud**');
    await page.getByRole('button', { name: 'Italic' }).click();
    expect(await field(page).inputValue()).toBe('**_loud_**');
  });

  it('arrow up in an empty field edits the last own message in place', async () => {
    const page = await open();
    await field(page).press('ArrowUp');
    const edit = page.locator('article textarea');
    expect(await edit.inputValue()).toBe('Yes please. Same structure, one page at most.');
    await edit.fill('Two pages.');
    await edit.press('Enter');
    await page.locator('article', { hasText: 'Two pages.' }).getByText('edited').waitFor();
    expect(await field(page).evaluate((one) => one === document.activeElement)).toBe(true);
  });
});
