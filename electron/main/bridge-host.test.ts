import type { IpcMainInvokeEvent, WebContents } from 'electron';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { IPC } from '../bridge/api.ts';
import { COMMANDS } from '../bridge/commands.ts';
import type { Batch } from '../bridge/events.ts';
import { fail, ok } from '../../protocol/result.ts';
import { hostBridge } from './bridge-host.ts';

const ORIGIN = 'landline-app://bundle';
const REFUSED = fail({ kind: 'bad-command' });

type Answer = (event: IpcMainInvokeEvent, ...args: unknown[]) => Promise<unknown>;

const handlers = new Map<string, Answer>();
const taken: unknown[] = [];
const sent: unknown[] = [];
let tellBatch: (batch: Batch) => void = () => undefined;
let behaviour: () => Promise<never> | undefined;
const page = {
  isDestroyed: () => false,
  isCrashed: () => false,
  send: (channel: string, ...args: unknown[]) => sent.push([channel, ...args]),
} as unknown as WebContents;

beforeEach(() => {
  handlers.clear();
  taken.length = 0;
  sent.length = 0;
  behaviour = () => undefined;
  hostBridge({
    ipcMain: { handle: (channel, listener) => void handlers.set(channel, listener as Answer) },
    session: {
      call: async (name, input) => {
        taken.push([name, input]);
        return (await behaviour()) ?? ok(null);
      },
      onBatch(listener) {
        tellBatch = listener;
        return () => undefined;
      },
      dispose: () => undefined,
    },
    page: () => page,
    origin: ORIGIN,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
});

const frame = (url: string, parent: unknown = null): unknown => ({ url, parent });
const from = (sender: unknown, senderFrame: unknown): IpcMainInvokeEvent =>
  ({ sender, senderFrame }) as IpcMainInvokeEvent;
const ours = from(page, frame(`${ORIGIN}/`));
const call = (event: IpcMainInvokeEvent, ...args: unknown[]): Promise<unknown> =>
  handlers.get(IPC.call)!(event, ...args);

test('there is one channel in and one out, and no other', () => {
  expect([...handlers.keys()]).toEqual(['landline:call']);
  tellBatch({ n: 1, events: [] });
  expect(sent).toEqual([['landline:batch', { n: 1, events: [] }]]);
});

test('a call of our page reaches the core', async () => {
  expect(await call(ours, 'typing.tell', { team: 't', channel: 'c' })).toEqual(ok(null));
  expect(taken).toEqual([['typing.tell', { team: 't', channel: 'c' }]]);
});

describe('nobody else is heard', () => {
  test.each<[string, IpcMainInvokeEvent]>([
    ['a frame in our page', from(page, frame(`${ORIGIN}/`, { url: `${ORIGIN}/` }))],
    ['another window', from({ ...page }, frame(`${ORIGIN}/`))],
    ['our window after it was led elsewhere', from(page, frame('https://evil.example/'))],
    ['a page that looks like ours', from(page, frame('landline-app://bundle.evil.example/'))],
    ['another host of our scheme', from(page, frame('landline-app://other/'))],
    ['a file', from(page, frame('file:///bundle/index.html'))],
    ['the developer tools', from({}, frame('devtools://devtools/bundled/inspector.html'))],
    ['a frame that is gone', from(page, null)],
    ['a page without an address', from(page, frame(''))],
  ])('%s', async (_name, event) => {
    expect(await call(event, 'open', {})).toEqual(REFUSED);
    expect(taken).toEqual([]);
  });
});

test('a name that is not in the table does not exist', async () => {
  for (const name of [
    '',
    'Open',
    'open ',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'fs.read',
    null,
    undefined,
    1,
    {},
    ['open'],
  ]) {
    expect(await call(ours, name, {})).toEqual(REFUSED);
  }
  expect(taken).toEqual([]);
});

test('a command with an input that is not its own is refused', async () => {
  for (const input of [
    undefined,
    null,
    1,
    'x',
    [],
    { team: 1, channel: 'c' },
    { team: 't' },
    { team: 't', channel: 'c', more: 1 },
  ]) {
    expect(await call(ours, 'typing.tell', input)).toEqual(REFUSED);
  }
  expect(taken).toEqual([]);
});

test('a core that throws is answered for, and the next call works', async () => {
  behaviour = () => Promise.reject(new Error('a bug'));
  expect(await call(ours, 'open', {})).toEqual(fail({ kind: 'internal' }));
  behaviour = () => undefined;
  expect(await call(ours, 'open', {})).toEqual(ok(null));
});

test('nothing is sent to a page that crashed', () => {
  const crashed = { ...page, isCrashed: () => true } as unknown as WebContents;
  let tell: (batch: Batch) => void = () => undefined;
  hostBridge({
    ipcMain: { handle: () => undefined },
    session: {
      call: async () => ok(null),
      onBatch(listener) {
        tell = listener;
        return () => undefined;
      },
      dispose: () => undefined,
    },
    page: () => crashed,
    origin: ORIGIN,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  tell({ n: 1, events: [] });
  expect(sent).toEqual([]);
});

test('whatever a page sends is answered with a refusal or taken whole: 20,000 calls', async () => {
  const names = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...Object.keys(COMMANDS)) },
    { weight: 1, arbitrary: fc.anything() },
  );
  const strange = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: true,
    withSparseArray: true,
    withObjectString: true,
    maxDepth: 4,
  });
  const fields = fc.constantFrom(
    'team',
    'channel',
    'text',
    'url',
    'message',
    'name',
    'code',
    'settings',
    'n',
    'at',
    '__proto__',
    'constructor',
  );
  const near = fc.dictionary(
    fields,
    fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.double(), strange),
    { maxKeys: 8 },
  );
  const huge = fc
    .integer({ min: 1, max: 5 })
    .map((megabytes) => ({ text: 'x'.repeat(megabytes * 1_000_000) }));
  const inputs = fc.oneof(
    { weight: 6, arbitrary: near },
    { weight: 6, arbitrary: strange },
    { weight: 1, arbitrary: huge },
  );

  const round = fc.asyncProperty(names, inputs, async (name, input) => {
    const before = taken.length;
    const answer = await call(ours, name, input);
    if (taken.length > before)
      expect(COMMANDS[name as keyof typeof COMMANDS].input.safeParse(input).success).toBe(true);
    else expect(answer).toEqual(REFUSED);
    expect(Object.prototype).not.toHaveProperty('isAdmin');
  });
  await fc.assert(round, { numRuns: 20_000, seed: 20_261_122, endOnFailure: true });
});
