/** The bridge of the loopback host, over real sockets: which tabs are let in, which are not, and what nobody may learn. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../test/kit/fake-clock.ts';
import { ok } from '../../protocol/result.ts';
import type { Batch } from '../bridge/events.ts';
import type { Log } from '../core/ports.ts';
import { createSystemRandom } from '../host/system-clock.ts';
import { NO_FILES } from '../host/window-files.ts';
import { CLOSE_STRANGER, type FrameDown, type FrameUp } from './frames.ts';
import { startPageServer, type PageServer } from './page-server.ts';
import { Tabs } from './tabs.ts';
import { createTickets, type Tickets } from './tickets.ts';

const TAB = 'a-tab-of-the-browser';

let page: PageServer;
let tabs: Tabs;
let tickets: Tickets;
let clock: FakeClock;
let logged = '';
let sessions: { disposed: boolean; tell: (batch: Batch) => void }[] = [];
let calls: unknown[] = [];
let heard: unknown[] = [];
let emptied = 0;
let strangers = 0;
let greeting: FrameDown[] = [];
const open: WebSocket[] = [];

beforeEach(async () => {
  clock = createFakeClock();
  tickets = createTickets(createSystemRandom());
  [logged, sessions, calls, heard, emptied, strangers, greeting] = ['', [], [], [], 0, 0, []];
  const write = (event: string, fields?: object): void =>
    void (logged += JSON.stringify([event, fields]));
  const log: Log = { info: write, warn: write, error: write };
  page = await startPageServer({
    files: NO_FILES,
    bridgeScript: '',
    icon: Buffer.alloc(0),
    again: { key: 'k'.repeat(32), answer: () => ({ url: '' }) },
  });
  tabs = new Tabs({
    server: page.server,
    host: page.host,
    tickets,
    openSession() {
      const session = { disposed: false, tell: (_batch: Batch): void => undefined };
      sessions.push(session);
      return {
        call: async (name, input) => {
          calls.push([name, input]);
          return ok(null);
        },
        onBatch(listener) {
          session.tell = listener;
          return () => undefined;
        },
        dispose: () => (session.disposed = true),
      };
    },
    greeting: () => greeting,
    onFrame: (frame) => heard.push(frame),
    onStranger: () => (strangers += 1),
    onEmpty: () => (emptied += 1),
    clock,
    log,
  });
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.terminate();
  tabs.dispose();
  await page.close();
});

const dial = (
  card: string,
  more: { origin?: string; host?: string; path?: string; tab?: string } = {},
): WebSocket => {
  const socket = new WebSocket(
    `ws://${page.host}${more.path ?? '/bridge'}`,
    ['landline.bridge.1', `tab.${more.tab ?? TAB}`, card],
    {
      headers: { host: more.host ?? page.host, origin: more.origin ?? `http://${page.host}` },
    },
  );
  open.push(socket);
  socket.on('error', () => undefined);
  return socket;
};
const frames = (socket: WebSocket): { next(): Promise<FrameDown> } => {
  const queue: FrameDown[] = [];
  const waiting: ((frame: FrameDown) => void)[] = [];
  socket.on('message', (data) => {
    const frame = JSON.parse((data as Buffer).toString('utf8')) as FrameDown;
    const first = waiting.shift();
    if (first === undefined) queue.push(frame);
    else first(frame);
  });
  return {
    next: () => {
      const frame = queue.shift();
      return frame === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(frame);
    },
  };
};
const enter = async (tab?: string) => {
  const socket = dial(`ticket.${tickets.issue()}`, tab === undefined ? {} : { tab });
  const inbox = frames(socket);
  const welcome = await inbox.next();
  if (welcome.t !== 'welcome') throw new Error('not welcome');
  return { socket, inbox, secret: welcome.secret };
};
const say = (socket: WebSocket, frame: FrameUp | object): void =>
  socket.send(JSON.stringify(frame));
const statusOf = async (socket: WebSocket): Promise<number> => {
  const [, answer] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number },
  ];
  return answer.statusCode;
};

describe('the bridge', () => {
  test('a ticket opens one session, once; its secret opens it again', async () => {
    const ticket = tickets.issue();
    const first = dial(`ticket.${ticket}`);
    const welcome = await frames(first).next();
    expect(welcome).toEqual({ t: 'welcome', secret: expect.stringMatching(/^[\w-]{32}$/) });
    const [code] = (await once(dial(`ticket.${ticket}`), 'close')) as [number];
    expect(code).toBe(CLOSE_STRANGER);
    const again = dial(`secret.${welcome.t === 'welcome' ? welcome.secret : ''}`);
    await once(again, 'open');
    expect(sessions).toHaveLength(1);
  });

  test.each([
    'ticket.',
    'ticket.guess',
    'secret.',
    'secret.guess',
    'something',
    `ticket.${'x'.repeat(5000)}`,
  ])('with %j nobody gets in', async (card) => {
    const socket = dial(card);
    const [code] = (await once(socket, 'close')) as [number];
    expect([CLOSE_STRANGER, 1006]).toContain(code);
    expect(sessions).toEqual([]);
  });

  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['no origin', { origin: '' }],
    ['the origin of a file', { origin: 'null' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['the name localhost', { origin: 'http://localhost' }],
    ['another host name (DNS rebinding)', { host: 'evil.example' }],
    ['another path', { path: '/socket' }],
    ['a ticket in the path', { path: '/bridge?t=x' }],
  ])(
    '%s is refused before the handshake, and a good ticket is not used up by it',
    async (_what, more) => {
      const ticket = tickets.issue();
      expect(await statusOf(dial(`ticket.${ticket}`, more))).toBe(403);
      expect(sessions).toEqual([]);
      await once(dial(`ticket.${ticket}`), 'open');
    },
  );

  test('a used ticket is said once in a while, for the terminal to show a fresh one', async () => {
    for (const wait of [0, 0, 10_000]) {
      clock.advance(wait);
      await once(dial('ticket.used'), 'close');
    }
    expect(strangers).toBe(2);
  });

  test('nothing of a ticket or a secret is in the log', async () => {
    const ticket = tickets.issue();
    const { secret } = await enter();
    await statusOf(dial(`ticket.${ticket}`, { origin: 'https://evil.example' }));
    await once(dial('ticket.a-wrong-guess'), 'close');
    expect(logged).toContain('loopback.stranger');
    for (const word of [ticket, secret, 'a-wrong-guess']) expect(logged).not.toContain(word);
  });

  test('a tab that comes in hears what it missed', async () => {
    greeting = [{ t: 'badge', count: 2, hasUnread: true }];
    const { inbox } = await enter();
    expect(await inbox.next()).toEqual(greeting[0]);
  });

  test('a call is answered, a batch is told', async () => {
    const { socket, inbox } = await enter();
    say(socket, {
      t: 'call',
      id: 1,
      settled: 1,
      name: 'typing.tell',
      input: { team: 't', channel: 'c' },
    });
    expect(await inbox.next()).toEqual({ t: 'answer', id: 1, result: ok(null) });
    sessions[0]?.tell({ n: 7, events: [] });
    expect(await inbox.next()).toEqual({ t: 'batch', batch: { n: 7, events: [] } });
  });

  test('a bad call gets a typed refusal and the line stays', async () => {
    const { socket, inbox } = await enter();
    const bad = [
      ['no.such', {}],
      ['__proto__', {}],
      ['typing.tell', { team: 1 }],
      ['typing.tell', null],
      [null, {}],
      [{}, {}],
      ['x'.repeat(1000), {}],
      ['open', { more: 1 }],
    ] as const;
    for (const [id, [name, input]] of bad.entries()) {
      say(socket, { t: 'call', id, settled: 0, name, input });
      expect(await inbox.next()).toEqual({
        t: 'answer',
        id,
        result: { ok: false, error: { kind: 'bad-command' } },
      });
    }
    expect(calls).toEqual([]);
  });

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"t":"call"}',
    '{"t":"unknown"}',
    'x'.repeat(100),
    '{"t":"focus","isFocused":1}',
  ])('a frame that is none (%j) ends the line', async (text) => {
    const { socket } = await enter();
    socket.send(text);
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1003);
  });

  test('a frame of 9 MB ends the connection', async () => {
    const { socket } = await enter();
    socket.send('x'.repeat(9_000_000));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
  });

  test('a call that comes again after a cut is done once and answered again', async () => {
    const { socket, secret, inbox } = await enter();
    const call = {
      t: 'call',
      id: 5,
      settled: 5,
      name: 'message.send',
      input: { team: 't', channel: 'c', text: 'hello' },
    };
    say(socket, call);
    await inbox.next();
    socket.terminate();
    const again = dial(`secret.${secret}`);
    const second = frames(again);
    await once(again, 'open');
    say(again, call);
    expect(await second.next()).toMatchObject({ t: 'answer', id: 5, result: ok(null) });
    expect(calls).toHaveLength(1);
    expect(sessions).toHaveLength(1);
    say(again, { ...call, id: 6, settled: 6 });
    await second.next();
    say(again, { ...call, id: 5, settled: 6 });
    await second.next();
    // Answers that were settled are not kept for ever: this is another call under an old number.
    expect(calls).toHaveLength(3);
  });

  test('the whole state is asked for anew, never answered from memory', async () => {
    const { socket, inbox } = await enter();
    for (let time = 0; time < 2; time += 1) {
      say(socket, { t: 'call', id: 1, settled: 1, name: 'open', input: {} });
      await inbox.next();
    }
    expect(calls).toHaveLength(2);
  });

  test('another tab of the same browser has its own session', async () => {
    const { secret } = await enter('tab-number-one');
    const other = dial(`secret.${secret}`, { tab: 'tab-number-two' });
    await once(other, 'open');
    expect(sessions).toHaveLength(2);
  });

  test('a tab that is left ends its session at once; a cut one is waited for', async () => {
    const left = await enter('tab-number-one');
    say(left.socket, { t: 'bye' });
    left.socket.close();
    await once(left.socket, 'close');
    const cut = await enter('tab-number-two');
    cut.socket.close();
    await once(cut.socket, 'close');
    expect(sessions.map(({ disposed }) => disposed)).toEqual([true, false]);
    clock.advance(19_000);
    expect(sessions[1]?.disposed).toBe(false);
    clock.advance(2_000);
    expect(sessions[1]?.disposed).toBe(true);
  });

  test('when the last tab has gone for good it is said once', async () => {
    const first = await enter('tab-number-one');
    const second = await enter('tab-number-two');
    first.socket.close();
    await once(first.socket, 'close');
    clock.advance(10_000);
    expect(emptied).toBe(0);
    second.socket.close();
    await once(second.socket, 'close');
    const back = dial(`secret.${second.secret}`, { tab: 'tab-number-two' });
    await once(back, 'open');
    clock.advance(10_000);
    expect(emptied).toBe(0);
    back.close();
    await once(back, 'close');
    clock.advance(10_000);
    expect(emptied).toBe(1);
  });

  test('what only a page can do is asked of the tab somebody looks at', async () => {
    const first = await enter('tab-number-one');
    const second = await enter('tab-number-two');
    const settle = async (from: typeof first): Promise<void> => {
      say(from.socket, { t: 'call', id: 0, settled: 0, name: 'open', input: {} });
      await from.inbox.next();
    };
    expect(tabs.tell({ t: 'link', url: 'https://a.example/' })).toBe(true);
    expect(await second.inbox.next()).toEqual({ t: 'link', url: 'https://a.example/' });
    say(first.socket, { t: 'focus', isFocused: true });
    await settle(first);
    tabs.tell({ t: 'link', url: 'https://b.example/' });
    expect(await first.inbox.next()).toEqual({ t: 'link', url: 'https://b.example/' });
    expect(heard).toEqual([]);
    say(first.socket, { t: 'toast-click', tag: 'x' });
    await settle(first);
    expect(heard).toEqual([{ t: 'toast-click', tag: 'x' }]);
  });

  test('without a tab there is nobody to ask', () =>
    expect(tabs.tell({ t: 'link', url: 'https://a.example/' })).toBe(false));
});
