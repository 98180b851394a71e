/** The carrier in the page, run as the browser runs it, against a host whose every word the test says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LandlineApi } from '../../bridge/api.ts';
import type { Batch, Snapshot } from '../../bridge/events.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { FrameDown, FrameUp } from '../frames.ts';

const SCRIPT = readFileSync(join(import.meta.dirname, 'bridge.js'), 'utf8');

class Line {
  static readonly OPEN = 1;
  readonly url: string;
  readonly protocols: readonly string[];
  readyState = 0;
  readonly sent: FrameUp[] = [];
  onopen?: () => void;
  onclose?: (event: { readonly code: number }) => void;
  onmessage?: (event: { readonly data: string }) => void;
  constructor(url: string, protocols: readonly string[]) {
    this.url = url;
    this.protocols = protocols;
    lines.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as FrameUp);
  }
  open(): this {
    this.readyState = 1;
    this.onopen?.();
    return this;
  }
  cut(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  hear(frame: FrameDown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  get calls(): readonly Extract<FrameUp, { readonly t: 'call' }>[] {
    return this.sent.filter((frame) => frame.t === 'call');
  }
}

let lines: Line[] = [];
let timers: (() => void)[] = [];
let stored: Map<string, string>;
let page: {
  api: LandlineApi;
  address: string;
  body: string[];
  title: () => string;
  leave: () => void;
};

/** Loads the page at an address, as the browser does on a visit and on a reload. */
function load(hash: string): typeof page {
  const body: string[] = [];
  const listeners = new Map<string, () => void>();
  const element = () => ({
    style: {},
    text: '',
    children: [] as { text: string }[],
    setAttribute: () => undefined,
    append(...children: { text: string }[]) {
      this.children.push(...children);
    },
    remove: () => body.splice(0),
    set textContent(text: string) {
      this.text = text;
    },
  });
  const location = { hash, pathname: '/', host: '127.0.0.1:4000' };
  const document = {
    title: 'Landline',
    visibilityState: 'visible',
    hasFocus: () => true,
    addEventListener: () => undefined,
    createElement: element,
    body: {
      append: (box: { children: { text: string }[] }) =>
        body.push(...box.children.map(({ text }) => text)),
    },
  };
  const window: Record<string, unknown> = { focus: () => undefined };
  const context = createContext({
    window,
    document,
    location,
    history: {
      replaceState: (_state: unknown, _title: string, path: string) =>
        Object.assign(location, { hash: '', pathname: path }),
    },
    sessionStorage: {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => stored.set(key, value),
      removeItem: (key: string) => stored.delete(key),
    },
    navigator: { language: 'en', clipboard: { writeText: async () => undefined } },
    crypto,
    TextEncoder,
    performance,
    URLSearchParams,
    WebSocket: Line,
    setTimeout: (run: () => void) => timers.push(run),
    addEventListener: (name: string, listener: () => void) => listeners.set(name, listener),
  });
  runInContext(SCRIPT, context);
  return {
    api: window['landline'] as LandlineApi,
    get address() {
      return location.pathname + location.hash;
    },
    body,
    title: () => document.title,
    leave: () => listeners.get('pagehide')?.(),
  };
}

const tick = (): void => {
  for (const run of timers.splice(0)) run();
};
const last = (): Line => lines.at(-1)!;
const snapshot = (n: number): { readonly ok: true; readonly value: Snapshot } => ({
  ok: true,
  value: { n, state: {} as Snapshot['state'] },
});

beforeEach(() => {
  lines = [];
  timers = [];
  stored = new Map();
  page = load('#t=a-ticket');
});

describe('coming in', () => {
  test('the ticket leaves the address at once, goes into no URL, and is exchanged for a secret', () => {
    expect(page.address).toBe('/');
    expect(last().url).toBe('ws://127.0.0.1:4000/bridge');
    expect(last().protocols).toEqual([
      'landline.bridge.1',
      expect.stringMatching(/^tab\.[\w-]{36}$/),
      'ticket.a-ticket',
    ]);
    last().open().hear({ t: 'welcome', secret: 'a-secret' });
    expect([...stored.values()]).toEqual(['a-secret']);
  });

  test('a reload comes in with the secret, as another tab of the same browser', () => {
    last().open().hear({ t: 'welcome', secret: 'a-secret' });
    const before = last().protocols[1];
    load('');
    expect(last().protocols).toContain('secret.a-secret');
    expect(last().protocols[1]).not.toBe(before);
  });

  test('the address opened a second time in the same tab uses what the tab has', () => {
    last().open().hear({ t: 'welcome', secret: 'a-secret' });
    load('#t=a-ticket');
    last().cut(4401);
    expect(last().protocols).toContain('secret.a-secret');
  });

  test('a used ticket is said, calls are answered, and it does not knock again', async () => {
    const answer = page.api.call('open', {});
    last().cut(4401);
    expect(await answer).toEqual({ ok: false, error: { kind: 'unavailable' } });
    expect(await page.api.call('open', {})).toEqual({ ok: false, error: { kind: 'unavailable' } });
    expect(page.body[0]).toBe('This address was used already');
    tick();
    expect(lines).toHaveLength(1);
  });

  test('without ticket and secret it does not even knock', () => {
    lines = [];
    expect(load('').body[0]).toBe('This address was used already');
    expect(lines).toEqual([]);
  });
});

describe('the bridge', () => {
  test('is frozen, with exactly the members of the contract', () => {
    expect(Object.keys(page.api).sort()).toEqual(['call', 'host', 'onBatch']);
    expect(Object.isFrozen(page.api)).toBe(true);
    expect(page.api.host).toBe('browser');
  });

  test('calls made before the line is open go out when it is, and are answered by number', async () => {
    const first = page.api.call('draft.get', { team: 't', channel: 'a' });
    const second = page.api.call('draft.get', { team: 't', channel: 'b' });
    last().open();
    expect(last().calls.map(({ id, input }) => [id, input])).toEqual([
      [1, { team: 't', channel: 'a' }],
      [2, { team: 't', channel: 'b' }],
    ]);
    last().hear({ t: 'answer', id: 2, result: { ok: true, value: { text: 'b' } } });
    last().hear({ t: 'answer', id: 1, result: { ok: true, value: { text: 'a' } } });
    last().hear({ t: 'answer', id: 1, result: { ok: true, value: { text: 'again' } } });
    expect(await Promise.all([first, second])).toEqual([
      { ok: true, value: { text: 'a' } },
      { ok: true, value: { text: 'b' } },
    ]);
  });

  test('each call tells which ones need not be remembered any more', () => {
    last().open();
    void page.api.call('draft.get', { team: 't', channel: 'a' });
    void page.api.call('draft.get', { team: 't', channel: 'b' });
    last().hear({ t: 'answer', id: 1, result: { ok: true, value: { text: '' } } });
    void page.api.call('draft.get', { team: 't', channel: 'c' });
    expect(last().calls.map(({ id, settled }) => [id, settled])).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
    ]);
  });

  test('what cannot be a command is answered here', async () => {
    last().open();
    const round: Record<string, unknown> = {};
    round['self'] = round;
    for (const input of [{ text: 'x'.repeat(8_000_000) }, round, { n: 1n }]) {
      expect(await page.api.call('draft.set', input as never)).toEqual({
        ok: false,
        error: { kind: 'bad-command' },
      });
    }
    expect(last().calls).toEqual([]);
  });

  test('the largest draft goes through, with every character escaped', () => {
    last().open();
    const text = '\u0001'.repeat(DEFAULT_LIMITS.draftBytes);
    void page.api.call('draft.set', { team: 't', channel: 'c', text });
    expect(last().calls).toHaveLength(1);
  });

  test('a batch is told to who listens, until they stop', () => {
    const heard: Batch[] = [];
    const stop = page.api.onBatch((batch) => heard.push(batch));
    last()
      .open()
      .hear({ t: 'batch', batch: { n: 1, events: [] } });
    stop();
    last().hear({ t: 'batch', batch: { n: 2, events: [] } });
    expect(heard).toEqual([{ n: 1, events: [] }]);
  });

  test('a page that is left says so', () => {
    last().open();
    page.leave();
    expect(last().sent.at(-1)).toEqual({ t: 'bye' });
  });
});

describe('a cut line', () => {
  test('is dialled again, and what was not answered is said again under its number', async () => {
    last().open().hear({ t: 'welcome', secret: 'a-secret' });
    const answer = page.api.call('message.send', { team: 't', channel: 'c', text: 'hello' });
    last().cut();
    tick();
    expect(lines).toHaveLength(2);
    expect(last().protocols).toEqual([...lines[0]!.protocols.slice(0, 2), 'secret.a-secret']);
    last().open();
    expect(last().calls).toEqual([
      {
        t: 'call',
        id: 1,
        settled: 1,
        name: 'message.send',
        input: { team: 't', channel: 'c', text: 'hello' },
      },
    ]);
    last().hear({ t: 'answer', id: 1, result: { ok: true, value: { id: 'm' } } });
    expect(await answer).toEqual({ ok: true, value: { id: 'm' } });
  });

  test('makes the window ask for the whole state, and numbers only ever grow', async () => {
    const heard: number[] = [];
    page.api.onBatch(({ n }) => heard.push(n));
    last().open().hear({ t: 'welcome', secret: 'a-secret' });
    last().hear({ t: 'batch', batch: { n: 7, events: [] } });
    last().cut();
    tick();
    last().open();
    // A hole in the numbers: the window's own rule is to ask again.
    expect(heard).toEqual([7, 9]);
    const state = page.api.call('open', {});
    last().hear({ t: 'answer', id: 1, result: snapshot(1) });
    const { n } = ((await state) as { value: Snapshot }).value;
    expect(n).toBeGreaterThanOrEqual(9);
    last().hear({ t: 'batch', batch: { n: 2, events: [] } });
    expect(heard.at(-1)).toBe(n + 1);
  });

  test('late words of the old line are not heard', () => {
    const heard: Batch[] = [];
    page.api.onBatch((batch) => heard.push(batch));
    const old = last().open();
    old.hear({ t: 'welcome', secret: 'a-secret' });
    old.cut();
    tick();
    old.hear({ t: 'batch', batch: { n: 99, events: [] } });
    expect(heard).toEqual([]);
  });

  test('is told to the person when it stays cut, and the notice goes when it is back', () => {
    last().open().hear({ t: 'welcome', secret: 'a-secret' });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      last().cut();
      tick();
    }
    expect(page.body[0]).toBe('Landline is not running');
    last().open();
    expect(page.body).toEqual([]);
  });
});

test('the title carries the number for you, or a dot', () => {
  const line = last().open();
  const titles = [
    { count: 3, hasUnread: true },
    { count: 0, hasUnread: true },
    { count: 0, hasUnread: false },
  ].map((badge) => {
    line.hear({ t: 'badge', ...badge });
    return page.title();
  });
  expect(titles).toEqual(['(3) Landline', '• Landline', 'Landline']);
});
