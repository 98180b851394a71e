import { expect, test } from 'vitest';
import { decodeDown, decodeUp, encodeDown, encodeUp } from './codec.ts';
import fixtures from './fixtures/frames.json' with { type: 'json' };
import { DOWN_SCHEMAS } from './frames-down.ts';
import { UP_SCHEMAS } from './frames-up.ts';

const OP = '0190a000-0000-7000-8000-000000000001';
const CHANNEL = '0190a000-0000-7000-8000-00000000000c';
const post = (more: object): string =>
  JSON.stringify({ t: 'post', op: OP, channel: CHANNEL, text: 'hi', ...more });
const refusedField = (text: string): string | undefined => {
  const decoded = decodeUp(text);
  return decoded.ok ? 'accepted' : (decoded.error.refusal.field ?? decoded.error.refusal.kind);
};

test('every golden frame survives decoding and encoding unchanged', () => {
  for (const frame of fixtures.up) {
    const decoded = decodeUp(JSON.stringify(frame));
    expect(decoded).toEqual({ ok: true, value: frame });
    if (decoded.ok) expect(JSON.parse(encodeUp(decoded.value))).toEqual(frame);
  }
  for (const frame of fixtures.down) {
    const decoded = decodeDown(JSON.stringify(frame));
    expect(decoded).toEqual(frame);
    if (decoded) expect(JSON.parse(encodeDown(decoded))).toEqual(frame);
  }
});

test('every frame of the wire has a golden example', () => {
  expect(new Set(fixtures.up.map((frame) => frame.t))).toEqual(new Set(Object.keys(UP_SCHEMAS)));
  expect(new Set(fixtures.down.map((frame) => frame.t))).toEqual(
    new Set(Object.keys(DOWN_SCHEMAS)),
  );
});

test.each([
  ['not JSON', '{', 'bad-request'],
  ['null', 'null', 'bad-request'],
  ['an array', '[]', 'bad-request'],
  ['a string', '"x"', 'bad-request'],
  ['a number out of range', '1e400', 'bad-request'],
  ['a byte order mark', '\ufeff' + post({}), 'bad-request'],
  ['trailing bytes', post({}) + '}', 'bad-request'],
  ['ten thousand levels', '['.repeat(10_000) + ']'.repeat(10_000), 'bad-request'],
  ['no type', '{}', 'unknown-frame'],
  ['an unknown type', '{"t":"zap"}', 'unknown-frame'],
  ['a type from the prototype', '{"t":"constructor"}', 'unknown-frame'],
  ['a type that is no text', '{"t":1}', 'unknown-frame'],
  ['an unknown field', post({ seq: 4 }), 'seq'],
  ['a sender of its own', post({ by: OP }), 'by'],
  [
    'a polluted prototype',
    `{"t":"post","op":"${OP}","channel":"${CHANNEL}","text":"x","__proto__":{"admin":true}}`,
    '__proto__',
  ],
  ['a wrong type', post({ text: 1 }), 'text'],
  ['no text', post({ text: '' }), 'text'],
  ['a lone surrogate', post({ text: 'a\ud800' }), 'text'],
  ['a NUL', post({ text: 'a\u0000b' }), 'text'],
  ['a text that is too long', post({ text: 'x'.repeat(16 * 1024 + 1) }), 'text'],
  ['an id in upper case', post({ op: OP.toUpperCase() }), 'op'],
  ['an id that is no version 7', post({ op: '0190a000-0000-4000-8000-000000000001' }), 'op'],
  ['a negative number', JSON.stringify({ t: 'read', op: OP, channel: CHANNEL, seq: -1 }), 'seq'],
  [
    'a number past 2^53',
    `{"t":"read","op":"${OP}","channel":"${CHANNEL}","seq":9007199254740992}`,
    'seq',
  ],
  ['a fraction', JSON.stringify({ t: 'read', op: OP, channel: CHANNEL, seq: 1.5 }), 'seq'],
  [
    'a bidi override in a name',
    JSON.stringify({ t: 'change-profile', op: OP, name: 'a\u202eb' }),
    'name',
  ],
  [
    'a name that is not NFC',
    JSON.stringify({ t: 'change-profile', op: OP, name: 'e\u0301' }),
    'name',
  ],
  ['a name of spaces', JSON.stringify({ t: 'change-profile', op: OP, name: '  ' }), 'name'],
  [
    'a limit as a word',
    JSON.stringify({ t: 'range', req: 1, feed: 'team', from: 1, to: 'all' }),
    'to',
  ],
  [
    'an echo for somebody',
    JSON.stringify({ t: 'echo', op: OP, text: 'x', channel: CHANNEL }),
    'channel',
  ],
  ['an echo of nothing', JSON.stringify({ t: 'echo', op: OP, text: '' }), 'text'],
  ['an echo with half a character', '{"t":"echo","op":"' + OP + '","text":"\\ud800"}', 'text'],
  ['usage of another', JSON.stringify({ t: 'usage', req: 1, node: 'relay-2' }), 'node'],
  ['what is missing of nothing', JSON.stringify({ t: 'missing', req: 1, ops: [] }), 'ops'],
  ['what is missing of another', JSON.stringify({ t: 'missing', req: 1, ops: [OP], by: OP }), 'by'],
  [
    'a feed that is none',
    JSON.stringify({ t: 'range', req: 1, feed: 'channel/../x', from: 1, to: 2 }),
    'feed',
  ],
])('refuses %s', (_name, text, field) => {
  expect(refusedField(text)).toBe(field);
  expect(({} as { admin?: unknown }).admin).toBeUndefined();
});

test('a refused frame still says which operation or request it was', () => {
  expect(decodeUp(post({ text: '' }))).toMatchObject({ ok: false, error: { op: OP } });
  expect(decodeUp('{"t":"range","req":7}')).toMatchObject({ ok: false, error: { req: 7 } });
});

test('a newer relay does not confuse an older desktop', () => {
  expect(decodeDown('{"t":"hologram"}')).toBeUndefined();
  expect(decodeDown('{"t":"done","req":1,"mood":"fine"}')).toEqual({ t: 'done', req: 1 });
  const unknown = {
    seq: 5,
    at: 1,
    by: '0190a000-0000-4000-8000-0000000000b0',
    kind: 'reacted',
    emoji: '🎉',
  };
  expect(decodeDown(JSON.stringify({ t: 'events', feed: 'team', events: [unknown] }))).toEqual({
    t: 'events',
    feed: 'team',
    events: [{ seq: 5, at: 1, by: unknown.by, kind: 'unknown', raw: unknown }],
  });
});

test.each([
  ['null', null],
  ['a word', 'posted'],
  ['no number', { at: 1, by: OP, kind: 'reacted' }],
  ['a known kind of nobody', { seq: 5, at: 1, by: null, kind: 'posted', id: OP, text: 'x' }],
])('an event that is %s makes the frame unreadable, and nothing is thrown', (_name, event) => {
  expect(
    decodeDown(JSON.stringify({ t: 'events', feed: 'team', events: [event] })),
  ).toBeUndefined();
});
