/** What the page cannot do, whoever wrote what stands in it: no way to the machine, to the network, to another page, or to code from text. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import type {} from '../../renderer/bridge.ts';
import { expect, test } from './driver/fixture.ts';

const OUTSIDE = 'https://outside.invalid';

/** Runs in the page, later, so that Chromium takes it for the page's own doing and not for the debugger's. */
const later = <R>(page: Page, source: string): Promise<R> =>
  page.evaluate(`new Promise((resolve) => setTimeout(async () => {
    const attempt = async (act) => { try { await act(); return 'done'; } catch (error) { return error.name; } };
    resolve(await (${source})(attempt));
  }))`);

test('the page loads without a word from its policy', async ({ freshPage: page }) => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect(complaints).toEqual([]);
});

test('all it has of the app is the bridge, frozen, with three members', async ({
  freshPage: page,
}) => {
  const seen = await page.evaluate(() => ({
    members: Object.keys(window.landline ?? {}).toSorted(),
    isFrozen: Object.isFrozen(window.landline),
    isFixed: Object.getOwnPropertyDescriptor(window, 'landline')?.writable === false,
    machine: [
      'require',
      'process',
      'module',
      'exports',
      'Buffer',
      'global',
      'electron',
      '__dirname',
      'ipcRenderer',
    ].filter((name) => name in window),
  }));
  expect(seen).toEqual({
    members: ['call', 'host', 'onBatch'],
    isFrozen: true,
    isFixed: true,
    machine: [],
  });
});

test('text does not become code or markup', async ({ freshPage: page }) => {
  const outcome = await later<Record<string, string>>(
    page,
    `async (attempt) => ({
      eval: await attempt(() => (0, eval)('1')),
      function: await attempt(() => new Function('return 1')()),
      timer: await attempt(() => setTimeout('window.wasRun = 1')),
      markup: await attempt(() => { document.body.innerHTML = '<img src=x onerror="window.wasRun = 1">'; }),
      fragment: await attempt(() => document.createRange().createContextualFragment('<b>x</b>')),
      document: await attempt(() => document.write('<b>x</b>')),
      handler: await attempt(() => document.body.setAttribute('onclick', 'window.wasRun = 1')),
      policy: await attempt(() => window.trustedTypes.createPolicy('mine', { createHTML: (text) => text })),
      taken: await attempt(() => window.trustedTypes.createPolicy('landline-worker', { createScriptURL: (url) => url })),
      worker: await attempt(() => new Worker('assets/other.js')),
    })`,
  );
  expect(new Set(Object.values(outcome))).not.toContain('done');
  const inline = await later<boolean>(
    page,
    `async () => {
      const script = document.createElement('script');
      try { script.textContent = 'window.wasRun = 1'; document.head.append(script); } catch {}
      await new Promise((resolve) => setTimeout(resolve, 50));
      return 'wasRun' in window;
    }`,
  );
  expect(inline).toBe(false);
});

test('it has no network', async ({ freshPage: page }) => {
  const knocks: string[] = [];
  const outside = createServer((request, response) => {
    knocks.push(request.url ?? '');
    response.setHeader('access-control-allow-origin', '*').end();
  }).listen(0, '127.0.0.1');
  await once(outside, 'listening');
  const there = `127.0.0.1:${(outside.address() as AddressInfo).port}`;
  const outcome = await later<Record<string, string>>(
    page,
    `async (attempt) => {
      const load = (tag, set) => new Promise((resolve, reject) => {
        const element = document.createElement(tag);
        element.onload = resolve;
        element.onerror = () => reject(new Error('refused'));
        set(element);
        document.body.append(element);
        setTimeout(() => reject(new Error('nothing')), 1000);
      });
      return {
        fetch: await attempt(() => fetch('http://${there}/fetch')),
        socket: await attempt(() => new Promise((resolve, reject) => {
          const socket = new WebSocket('ws://${there}/socket');
          socket.onopen = resolve;
          socket.onerror = reject;
        })),
        beacon: await attempt(() => { if (!navigator.sendBeacon('http://${there}/beacon', 'x')) throw new Error('refused'); }),
        image: await attempt(() => load('img', (element) => { element.src = 'http://${there}/image.png'; })),
        style: await attempt(() => load('link', (element) => { element.rel = 'stylesheet'; element.href = 'http://${there}/style.css'; })),
        script: await attempt(() => load('script', (element) => { element.src = 'http://${there}/script.js'; })),
        frame: await attempt(() => load('iframe', (element) => { element.src = 'http://${there}/frame'; })),
        object: await attempt(() => load('object', (element) => { element.data = 'http://${there}/object'; })),
        worker: await attempt(() => new Worker('http://${there}/worker.js')),
      };
    }`,
  );
  // A beacon is queued before the policy looks at it, and a frame "loads" its own error page: what counts is that nobody came.
  const { beacon: _beacon, frame: _frame, ...rest } = outcome;
  expect(Object.values(rest)).not.toContain('done');
  expect(knocks).toEqual([]);
  // The door was there: from outside the page it opens.
  await fetch(`http://${there}/test`);
  expect(knocks).toEqual(['/test']);
  outside.close();
});

test('it cannot be led away, and opens no other page', async ({
  keptDesktop: desktop,
  freshPage: page,
}) => {
  test.skip(desktop.name === 'loopback', 'a browser lets its person go where they want');
  const before = page.url();
  const ways = [
    `location.href = '${OUTSIDE}/'`,
    `location.href = 'file:///etc/passwd'`,
    `location.reload.call, location.assign('${OUTSIDE}/')`,
    `window.open('${OUTSIDE}/')`,
    `(() => { const link = document.createElement('a'); link.href = '${OUTSIDE}/'; link.click(); })()`,
    `(() => { const link = document.createElement('a'); link.href = '${OUTSIDE}/'; link.target = '_blank'; link.click(); })()`,
    `(() => { const form = document.createElement('form'); form.action = '${OUTSIDE}/'; document.body.append(form); form.submit(); })()`,
    `(() => { const meta = document.createElement('meta'); meta.httpEquiv = 'refresh'; meta.content = '0; url=${OUTSIDE}/'; document.head.append(meta); })()`,
  ];
  for (const way of ways) await later(page, `async (attempt) => attempt(() => { ${way} })`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect(page.url()).toBe(before);
  expect(await page.evaluate(() => window.landline?.call('open', {}))).toMatchObject({ ok: true });
  expect(await desktop.openedLinks()).toEqual([]);
});

test('links that could start a program are refused by the host as well', async ({
  keptDesktop: desktop,
  freshPage: page,
}) => {
  for (const url of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'smb://host/share',
    'ms-msdt:/id',
    'landline://join',
    'http://a@evil.example',
  ]) {
    expect(
      await page.evaluate((given) => window.landline?.call('link.open', { url: given }), url),
    ).toMatchObject({ ok: false });
  }
  expect(await desktop.openedLinks()).toEqual([]);
});

test('whatever it asks of the host is answered, and the host stays', async ({
  freshPage: page,
}) => {
  const kinds = await page.evaluate(async () => {
    const call = window.landline?.call as unknown as (
      name: unknown,
      input: unknown,
    ) => Promise<{ ok: boolean; error?: { kind: string } }>;
    const round: Record<string, unknown> = {};
    round['self'] = round;
    const inputs: unknown[] = [
      undefined,
      null,
      0,
      '',
      [],
      { team: 1 },
      { text: 'x'.repeat(5_000_000) },
      round,
      new Date(),
      new Map(),
      { a: NaN },
    ];
    const names: unknown[] = [
      'no.such',
      '__proto__',
      '',
      null,
      {},
      'message.send',
      'settings.set',
      'link.open',
      'relay.probe',
    ];
    const seen = new Set<string>();
    for (const name of names) {
      for (const input of inputs) {
        try {
          const answer = await call(name, input);
          seen.add(answer.ok ? 'ok' : (answer.error?.kind ?? 'none'));
        } catch (error) {
          // What cannot cross at all never reaches the host.
          seen.add((error as Error).name);
        }
      }
    }
    return [...seen];
  });
  expect(kinds).not.toContain('ok');
  expect(kinds).toContain('bad-command');
  expect(await page.evaluate(() => window.landline?.call('open', {}))).toMatchObject({ ok: true });
});
