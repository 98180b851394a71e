/**
 * What was typed, in a real browser: taken at Enter, kept as edits and drafts, listed when it was
 * not sent.
 */
import { AxeBuilder } from '@axe-core/playwright';
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
const editBox = (page: Page) => page.locator('article textarea');
const inputs = (page: Page, name: string): Promise<readonly Record<string, unknown>[]> =>
  page.evaluate(
    (wanted) =>
      window
        .demo!.bridge.calls.filter((call) => call.name === wanted)
        .map((call) => call.input as Record<string, unknown>),
    name,
  );
const sent = async (page: Page): Promise<readonly unknown[]> =>
  (await inputs(page, 'message.send')).map((one) => one['text']);
const hold = (page: Page, isHeld: boolean): Promise<void> =>
  page.evaluate((is) => window.demo!.bridge.hold(is), isHeld);
const lastTexts = (page: Page, count: number): Promise<readonly string[]> =>
  page
    .locator('article')
    .evaluateAll(
      (all, n) => all.slice(-n).map((one) => one.querySelector('p')?.textContent ?? ''),
      count,
    );
const toChannel = async (page: Page, name: string): Promise<void> => {
  await page
    .locator('aside')
    .getByRole('button', { name: new RegExp(name) })
    .click();
  await page.getByRole('heading', { name }).first().waitFor();
};
/** The last own message: `arrow up` opens it. */
const beginEdit = async (page: Page, text: string): Promise<void> => {
  await field(page).press('ArrowUp');
  await editBox(page).fill(text);
};

describe('Enter while the host stands still', () => {
  it('sends each text by itself, in order, and shows it at once', async () => {
    const page = await open();
    await hold(page, true);
    await page.keyboard.type('qd1\nqd2\nqd3');
    // No answer has come, and both are on screen already.
    expect(await lastTexts(page, 2)).toEqual(['qd1', 'qd2']);
    expect(await field(page).inputValue()).toBe('qd3');
    await page.keyboard.press('Enter');
    await hold(page, false);
    await expect.poll(() => page.locator('article', { hasText: 'Sending' }).count()).toBe(0);
    expect(await sent(page)).toEqual(['qd1', 'qd2', 'qd3']);
    expect(await lastTexts(page, 3)).toEqual(['qd1', 'qd2', 'qd3']);
  });

  it('loses none of fifty that are filled and entered as fast as the page takes them', async () => {
    const page = await open();
    await hold(page, true);
    const texts = Array.from({ length: 50 }, (_, n) => `line ${n}`);
    await page.evaluate((all) => {
      const target = document.querySelector<HTMLTextAreaElement>('footer textarea')!;
      for (const text of all) {
        target.focus();
        document.execCommand('insertText', false, text);
        target.dispatchEvent(
          new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }),
        );
      }
    }, texts);
    expect(await sent(page)).toEqual(texts);
    await hold(page, false);
    await expect.poll(() => lastTexts(page, 3)).toEqual(texts.slice(-3));
    expect(await sent(page)).toEqual(texts);
  });

  it('gives the row its number without a second one and without a jump', async () => {
    const page = await open();
    await hold(page, true);
    await page.keyboard.type('hello\n');
    const row = page.locator('article', { hasText: 'hello' }).last();
    await row.waitFor();
    const [id] = (await inputs(page, 'message.send')).map((one) => String(one['message']));
    expect(await row.getAttribute('data-message')).toBe(id);
    await page.evaluate((key) => {
      const places: number[] = [];
      const counts: number[] = [];
      const look = (): void => {
        const all = document.querySelectorAll(`[data-message="${key}"]`);
        counts.push(all.length);
        places.push(all[0]?.getBoundingClientRect().top ?? -1);
        if (places.length < 60) requestAnimationFrame(look);
      };
      Object.assign(window, { seen: { places, counts } });
      look();
      window.demo!.bridge.hold(false);
    }, id);
    await page.waitForFunction(
      () => (window as unknown as { seen: { places: number[] } }).seen.places.length >= 60,
    );
    const seen = await page.evaluate(
      () => (window as unknown as { seen: { places: number[]; counts: number[] } }).seen,
    );
    expect(new Set(seen.counts)).toEqual(new Set([1]));
    expect(new Set(seen.places).size).toBe(1);
  });

  it('takes a paste and the Enter after it', async () => {
    const page = await open();
    await hold(page, true);
    await page.keyboard.type('before\n');
    await page.evaluate(() => document.execCommand('insertText', false, 'pasted\nin two lines'));
    await page.keyboard.press('Enter');
    expect(await sent(page)).toEqual(['before', 'pasted\nin two lines']);
    await hold(page, false);
  });

  it('brings what the core had kept, though a text was sent before the answer', async () => {
    const page = await open();
    await hold(page, true);
    await page
      .locator('aside')
      .getByRole('button', { name: /plant-sensors/ })
      .click();
    await page.getByRole('heading', { name: 'plant-sensors' }).first().waitFor();
    await field(page).focus();
    await page.keyboard.type('first\nand');
    await hold(page, false);
    await expect.poll(() => field(page).inputValue()).toBe('Line 2 reads high since\nand');
    expect(await sent(page)).toEqual(['first']);
  });
});

describe('a text that cannot be stored', () => {
  it('comes back before what was typed since, with those after it, and says why', async () => {
    const page = await open();
    await page.evaluate(() => window.demo!.bridge.refuse('message.send', { kind: 'unavailable' }));
    await hold(page, true);
    await page.keyboard.type('erst\ntwo\nthree');
    await page.locator('article', { hasText: 'erst' }).waitFor();
    await hold(page, false);
    await page.getByText('it could not be saved on this computer').waitFor();
    expect(await field(page).inputValue()).toBe('erst\ntwo\nthree');
    await expect.poll(() => page.locator('article', { hasText: 'erst' }).count()).toBe(0);
    await field(page).blur();
    expect((await inputs(page, 'draft.set')).at(-1)?.['text']).toBe('erst\ntwo\nthree');
  });

  it('does not come into a word that is being composed', async () => {
    const page = await open();
    await page.evaluate(() => window.demo!.bridge.refuse('message.send', { kind: 'unavailable' }));
    await hold(page, true);
    await page.keyboard.type('one\n');
    const client = await page.context().newCDPSession(page);
    await client.send('Input.imeSetComposition', {
      text: 'ni',
      selectionStart: 2,
      selectionEnd: 2,
    });
    await hold(page, false);
    await page.getByText('it could not be saved on this computer').waitFor();
    expect(await field(page).inputValue()).toBe('ni');
    await client.send('Input.imeSetComposition', {
      text: '你',
      selectionStart: 1,
      selectionEnd: 1,
    });
    await client.send('Input.insertText', { text: '你好' });
    await expect.poll(() => field(page).inputValue()).toBe('one\n你好');
  });

  it('is named where its channel is not on screen any more', async () => {
    const page = await open();
    await page.evaluate(() => window.demo!.bridge.refuse('message.send', { kind: 'unavailable' }));
    await hold(page, true);
    await page.keyboard.type('one\n');
    await toChannel(page, 'design');
    await hold(page, false);
    await page.getByText('Not sent to #launch. The text is a draft there.').waitFor();
    await toChannel(page, 'launch');
    expect(await field(page).inputValue()).toBe('one');
  });
});

describe('an edit in progress', () => {
  it('is shown again after a change of channel, and goes on', async () => {
    const page = await open();
    await beginEdit(page, 'half an edit');
    await toChannel(page, 'design');
    await toChannel(page, 'launch');
    const strip = page.getByRole('region', { name: /unsaved edit/i });
    await strip.getByText('half an edit').waitFor();
    await strip.getByRole('button', { name: 'Continue' }).click();
    expect(await editBox(page).inputValue()).toBe('half an edit');
    await strip.waitFor({ state: 'hidden' });
    expect((await inputs(page, 'draft.set')).at(-1)).toMatchObject({
      text: 'half an edit',
      original: 'Yes please. Same structure, one page at most.',
    });
    await editBox(page).press('Enter');
    await page.locator('article', { hasText: 'half an edit' }).waitFor();
    await strip.waitFor({ state: 'hidden' });
  });

  it('is kept by Escape, and discarded by Cancel or where it is offered', async () => {
    const page = await open();
    const strip = page.getByRole('region', { name: /unsaved edit/i });
    await beginEdit(page, 'half an edit');
    await editBox(page).press('Escape');
    await strip.getByRole('button', { name: 'Discard' }).click();
    await strip.waitFor({ state: 'hidden' });
    await beginEdit(page, 'another');
    await page.locator('article').getByRole('button', { name: 'Cancel' }).click();
    await editBox(page).waitFor({ state: 'hidden' });
    expect((await inputs(page, 'draft.set')).at(-1)?.['text']).toBe('');
    expect(await strip.count()).toBe(0);
  });

  it('closes at Enter, shows the new text at once, and comes back when it is refused', async () => {
    const page = await open();
    await beginEdit(page, 'a better text');
    await hold(page, true);
    await editBox(page).press('Enter');
    await page.locator('article', { hasText: 'a better text' }).waitFor();
    await page.keyboard.type('typed meanwhile');
    await page.evaluate(() => window.demo!.bridge.refuse('message.edit', { kind: 'archived' }));
    await hold(page, false);
    await page.getByText('The channel is archived.').waitFor();
    expect(await editBox(page).inputValue()).toBe('a better text');
    expect(await field(page).inputValue()).toBe('typed meanwhile');
  });

  it('says that the message was changed or deleted meanwhile', async () => {
    const page = await open();
    await beginEdit(page, 'my words');
    const change = (change: object) =>
      page.evaluate((more) => {
        const { bridge } = window.demo!;
        const key = document.querySelector('article:has(textarea)')!.getAttribute('data-message');
        const timeline = bridge.state().timeline!;
        const row = timeline.rows.find((one) => one.key === key)!;
        bridge.emit({
          kind: 'rows',
          put: [{ ...row, ...more }],
          gone: [],
          hasOlder: timeline.hasOlder,
          hasNewer: timeline.hasNewer,
        });
      }, change);
    await change({ text: 'changed elsewhere' });
    await page.getByText('The message was changed meanwhile').waitFor();
    await change({ text: '', isDeleted: true });
    await page.getByText('The message was deleted meanwhile').waitFor();
    expect(await editBox(page).inputValue()).toBe('my words');
    await editBox(page).press('Enter');
    expect(await inputs(page, 'message.edit')).toEqual([]);
  });
});

describe('a long draft', () => {
  const fill = (page: Page, length: number) =>
    field(page).evaluate((target, size) => {
      const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')!.set!;
      set.call(target, `${'d'.repeat(79)}\n`.repeat(size / 80 + 1).slice(0, size));
      target.dispatchEvent(new Event('input', { bubbles: true }));
    }, length);

  it('of 65,537 characters is kept, and the field says so', async () => {
    const page = await open();
    await fill(page, 65_537);
    await page.getByText('The draft is kept.').waitFor();
    await field(page).blur();
    const last = (await inputs(page, 'draft.set')).at(-1);
    expect(String(last?.['text']).length).toBe(65_537);
  });

  it('beyond what is kept says that it is not kept', async () => {
    const page = await open();
    await fill(page, 1024 * 1024 + 1);
    await page.getByText('It is too long to keep as a draft').waitFor();
  });

  it('that the core refuses says that it is not kept', async () => {
    const page = await open();
    await page.evaluate(() => window.demo!.bridge.refuse('draft.set', { kind: 'unavailable' }));
    await field(page).fill('precious');
    await field(page).blur();
    await page.getByText('The draft could not be saved on this computer').waitFor();
  });
});

it('a failed message goes back into the composer, before what is being written', async () => {
  const page = await open('delivery');
  await field(page).fill('typed since');
  await page.getByRole('button', { name: 'Move to draft' }).click();
  await expect
    .poll(() => field(page).inputValue())
    .toBe('This one was refused for good.\ntyped since');
  expect((await inputs(page, 'message.discard')).at(-1)).toMatchObject({ asDraft: true });
});

describe('the Not sent list', () => {
  const list = (page: Page) => page.getByRole('dialog', { name: 'Not sent' });
  const openList = async (page: Page): Promise<void> => {
    await page
      .locator('aside')
      .getByRole('button', { name: /Not sent/ })
      .click();
    await list(page).waitFor();
  };

  it('is in the side panel only while there is something, with its number', async () => {
    expect(await (await open()).getByRole('button', { name: /Not sent/ }).count()).toBe(0);
    await stage.clear();
    const page = await open('not-sent');
    const row = page.locator('aside').getByRole('button', { name: /Not sent/ });
    expect(await row.textContent()).toBe('Not sent6, 6 texts');
  });

  it('names the channel, the text, and why it is there', async () => {
    const page = await open('not-sent');
    await openList(page);
    const rows = await list(page).getByRole('listitem').allTextContents();
    expect(rows).toHaveLength(6);
    expect(rows[0]).toMatch(/#launch.*Message.*This one was refused for good/);
    expect(rows[2]).toMatch(/#harbour-plans.*Draft.*You can no longer see the channel/);
    expect(rows[4]).toMatch(/Mateo Alvarez.*You are not in the channel/);
    expect(rows[5]).toMatch(/The message was deleted/);
    const found = await new AxeBuilder({ page }).include('[role=dialog]').analyze();
    expect(found.violations.map((one) => one.id)).toEqual([]);
  });

  it('copies, sends elsewhere, discards and restores by keyboard alone', async () => {
    const page = await open('not-sent');
    await openList(page);
    const act = (name: RegExp) => list(page).getByRole('button', { name }).first();
    await act(/^Copy: This one/).focus();
    await page.keyboard.press('Enter');
    await list(page).getByText('Copied').waitFor();
    expect((await inputs(page, 'clipboard.write')).at(-1)).toEqual({
      text: 'This one was refused for good.',
    });

    await act(/^Send elsewhere….*碼頭/).focus();
    await page.keyboard.press('Enter');
    const pick = page.getByRole('dialog', { name: 'Send to' });
    await pick.getByRole('searchbox').fill('desi');
    await pick.getByRole('button', { name: 'design' }).press('Enter');
    await list(page).getByText('Sent to #design').waitFor();
    expect((await inputs(page, 'unsent.send')).at(-1)).toMatchObject({
      key: 'message/b',
      channel: 'design',
    });

    await act(/^Discard: What I wanted/).press('Enter');
    await list(page).getByText('Discarded.').waitFor();
    expect(await list(page).getByRole('listitem').count()).toBe(4);
    await list(page).getByRole('button', { name: 'Undo' }).press('Enter');
    await expect
      .poll(async () => (await inputs(page, 'draft.set')).at(-1))
      .toMatchObject({ channel: 'gone' });
    await page.keyboard.press('Escape');
    await list(page).waitFor({ state: 'hidden' });
  });

  it('of ten thousand draws what is in view, and says when it is empty', async () => {
    const page = await open('not-sent-many');
    expect(
      await page
        .locator('aside')
        .getByRole('button', { name: /Not sent/ })
        .textContent(),
    ).toContain('10,000');
    await openList(page);
    expect(await list(page).getByRole('listitem').count()).toBeLessThan(40);
    await page.evaluate(() => {
      const { bridge } = window.demo!;
      const [team = ''] = bridge.state().teamOrder;
      const gone = Object.keys(bridge.state().teams[team]!.unsent);
      bridge.emit({ kind: 'unsent', team, put: [], gone });
    });
    await list(page).getByText('Everything was sent.').waitFor();
  });
});
