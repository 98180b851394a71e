import { expect, test } from 'vitest';
import { describeStandin, useDemo } from './demo-kit.ts';

describeStandin('what crosses between page, preload and main', () => {
  const demo = useDemo();

  test('a value goes to main and back with its kinds kept', async () => {
    const { page } = await demo.fresh();
    const kept = await page.evaluate(`(async () => {
      const back = await demo.echo({ at: new Date(5), map: new Map([[1, new Set(['x'])]]), nothing: undefined, minus: -0, big: 10n, bytes: new Uint8Array([1, 2, 3]) });
      return [back.at.getTime(), back.map.get(1).has('x'), 'nothing' in back, Object.is(back.minus, -0), back.big === 10n, back.bytes[2]];
    })()`);
    expect(kept).toEqual([5, true, true, true, true, 3]);
  });

  test('main knows who speaks: frame, address, origin and window', async () => {
    const { app, page } = await demo.fresh();
    await page.evaluate('demo.echo(1)');
    const [sender] = await app.evaluate(
      () => (globalThis as unknown as { demo: { senders: object[] } }).demo.senders,
    );
    expect(sender).toEqual({
      url: 'demo://app/index.html#start',
      origin: 'demo://app',
      isMainFrame: true,
      isWindow: true,
    });
  });

  test('ten megabytes cross in one piece', async () => {
    const { page } = await demo.fresh();
    expect(
      await page.evaluate(`demo.echo('x'.repeat(10_000_000)).then((text) => text.length)`),
    ).toBe(10_000_000);
  });

  test('a key named __proto__ stays data on its way', async () => {
    const { page } = await demo.fresh();
    const result = await page.evaluate(
      `demo.echo(JSON.parse('{"__proto__": {"owned": true}}')).then((back) => [Object.hasOwn(back, '__proto__'), {}.owned === undefined])`,
    );
    expect(result).toEqual([true, true]);
  });

  test('a refusal of main arrives as an error that names the channel', async () => {
    const { page } = await demo.fresh();
    const failure = (call: string): Promise<unknown> =>
      page.evaluate(`${call}.then(() => 'no error', (error) => error.message)`);
    expect(await failure('demo.fail()')).toBe(
      "Error invoking remote method 'fail': RangeError: out of reach",
    );
    expect(await failure('demo.uncloneable()')).toBe(
      "Error invoking remote method 'uncloneable': Error: An object could not be cloned.",
    );
    expect(await page.evaluate('demo.sendFunction()')).toBe('An object could not be cloned.');
  });

  test('main answers a message, and messages keep their order', async () => {
    const { app, page } = await demo.fresh();
    await page.evaluate(`for (let word = 0; word < 100; word += 1) demo.say(word)`);
    await expect.poll(() => page.evaluate('words.length')).toBe(100);
    const inOrder = Array.from({ length: 100 }, (_, word) => word);
    expect(await page.evaluate('words.map(([, word]) => word)')).toEqual(inOrder);
    expect(
      await app.evaluate(() => (globalThis as unknown as { demo: { heard: number[] } }).demo.heard),
    ).toEqual(inOrder);
  });

  test('a listener that was taken off hears nothing more', async () => {
    const { page } = await demo.fresh();
    await page.evaluate(
      `(() => { window.mine = 0; const off = demo.on('heard', () => { window.mine += 1; off(); }); demo.say('a'); demo.say('b'); })()`,
    );
    await expect.poll(() => page.evaluate('words.length')).toBe(2);
    expect(await page.evaluate('mine')).toBe(1);
  });

  test('functions of the preload run in its world and answer at once', async () => {
    const { page } = await demo.fresh();
    expect(await page.evaluate('demo.callTwice((n) => n * 10)')).toEqual([10, 20]);
    // As in Electron each crossing makes a new proxy; a callback that comes home is itself again.
    expect(
      await page.evaluate(
        '(() => { const f = () => 1; return [demo.isSame(f), demo.isSame(f), demo.give(f) === f]; })()',
      ),
    ).toEqual([false, false, true]);
  });

  test('errors and rejections of the preload arrive with their message', async () => {
    const { page } = await demo.fresh();
    expect(
      await page.evaluate(
        `(() => { try { demo.throwNow(); } catch (error) { return [error instanceof Error, error.message]; } })()`,
      ),
    ).toEqual([true, 'thrown in the preload']);
    expect(await page.evaluate(`demo.rejectLater().catch((error) => error.message)`)).toBe(
      'rejected in the preload',
    );
  });

  test('what the preload exposes is frozen, through and through, and cannot be replaced', async () => {
    const { page } = await demo.fresh();
    const state = await page.evaluate(`(() => {
      try { window.demo = 1; } catch {}
      return [typeof demo, Object.isFrozen(demo), Object.isFrozen(demo.nested), Object.isFrozen(demo.nested.list), Object.isFrozen(demo.nested.list[2])];
    })()`);
    expect(state).toEqual(['object', true, true, true, true]);
  });

  test('the bridge is there before the first script of the page, and again after a reload', async () => {
    const { page } = await demo.fresh();
    expect(await page.evaluate('ranFirst')).toBe('object');
    await page.reload();
    expect(await page.evaluate('ranFirst')).toBe('object');
    expect(await page.evaluate('demo.echo(1)')).toBe(1);
  });

  test('the page sees nothing of Node, nor of the stand-in', async () => {
    const { page } = await demo.fresh();
    const names = [
      'require',
      'process',
      'module',
      'Buffer',
      'electron',
      'standinToMain',
      'standinToPage',
    ];
    expect(
      await page.evaluate(`${JSON.stringify(names)}.filter((name) => name in window)`),
    ).toEqual([]);
  });

  test('what a sandboxed preload may not have throws by name', async () => {
    const { page } = await demo.fresh();
    expect(
      await page.evaluate('[demo.missing.module(), demo.missing.member(), demo.missing.part()]'),
    ).toEqual([
      "stand-in: require('fs') in a sandboxed preload is not implemented",
      'stand-in: ipcRenderer.sendSync is not implemented',
      'stand-in: electron (preload).shell is not implemented',
    ]);
  });
});
