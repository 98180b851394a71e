/** What is on the channel may come from anybody who reaches Redis. */
import { expect, test } from 'vitest';
import {
  TEAM_FEED,
  channelFeed,
  type ChannelId,
  type MemberId,
  type TeamId,
} from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { decodeHint, encodeHint, type Hint } from './redis-hints.ts';

const TEAM = '01980000-0000-7000-8000-00000000000a' as TeamId;
const CHANNEL = '01980000-0000-7000-8000-c00000000001' as ChannelId;
const MEMBER = '00000000-0000-4000-8000-000000000001' as MemberId;
const hint: Hint = {
  team: TEAM,
  from: 'a'.repeat(32),
  n: 3,
  heads: new Map([
    [TEAM_FEED, 7],
    [channelFeed(CHANNEL), 12],
  ]),
  typing: [[CHANNEL, MEMBER]],
};
const decode = (text: string | Buffer, limits = DEFAULT_LIMITS) =>
  decodeHint(Buffer.from(text as string), TEAM, limits);

test('what a node says is what another one reads', () => {
  expect(decode(encodeHint(hint))).toEqual(hint);
  const beat: Hint = { ...hint, heads: new Map(), typing: [] };
  expect(decode(encodeHint(beat))).toEqual(beat);
});

test('a field of a later version is passed over', () => {
  expect(
    decode(JSON.stringify({ ...(JSON.parse(encodeHint(hint)) as object), later: [1] })),
  ).toEqual(hint);
});

const good = JSON.parse(encodeHint(hint)) as Readonly<Record<string, unknown>>;
const changed = (change: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...good, ...change });

test.each<[string, string | Buffer]>([
  ['nothing', ''],
  ['no JSON', '{"v":1'],
  ['no text', Buffer.from([0xff, 0xfe, 0x00])],
  ['no object', 'null'],
  ['another version', changed({ v: 2 })],
  ['another team', changed({ team: TEAM.replace('a', 'b') })],
  ['nobody', changed({ from: undefined })],
  ['a name too long', changed({ from: 'a'.repeat(33) })],
  ['a count that is none', changed({ n: 0 })],
  ['a count beyond all counting', changed({ n: 1e300 })],
  ['a feed that cannot be', changed({ heads: { '../team': 1 } })],
  ['a head below the first', changed({ heads: { team: 0 } })],
  ['a head that is a text', changed({ heads: { team: '7' } })],
  ['heads in a list', changed({ heads: [['team', 7]] })],
  ['typing by nobody', changed({ typing: [[CHANNEL]] })],
  ['deep nesting', changed({ heads: '#' }).replace('"#"', '['.repeat(20_000) + ']'.repeat(20_000))],
])('$0 is refused', (_what, text) => {
  expect(decode(text)).toBeUndefined();
});

test('a prototype is passed over', () => {
  const text = changed({ heads: '#' }).replace('"#"', '{"team":1,"__proto__":{"team":2}}');
  expect([...(decode(text)?.heads ?? [])]).toEqual([[TEAM_FEED, 1]]);
});

test('more feeds or signals than `hintFeeds` are refused', () => {
  const limits = { ...DEFAULT_LIMITS, hintFeeds: 1 };
  expect(decode(changed({ heads: { team: 1 } }), limits)).toBeDefined();
  expect(
    decode(changed({ heads: { team: 1, [channelFeed(CHANNEL)]: 1 } }), limits),
  ).toBeUndefined();
  expect(
    decode(changed({ heads: {}, typing: [...hint.typing, ...hint.typing] }), limits),
  ).toBeUndefined();
});

test('a message longer than `hintBytes` is refused, and one with `hintFeeds` feeds is not that long', () => {
  const text = encodeHint(hint);
  expect(decode(text, { ...DEFAULT_LIMITS, hintBytes: text.length })).toBeDefined();
  expect(decode(text, { ...DEFAULT_LIMITS, hintBytes: text.length - 1 })).toBeUndefined();
  const feeds = Array.from({ length: DEFAULT_LIMITS.hintFeeds }, (_, i) =>
    channelFeed(`${CHANNEL.slice(0, -4)}${String(i).padStart(4, '0')}` as ChannelId),
  );
  const typing = feeds.map((): [ChannelId, MemberId] => [CHANNEL, MEMBER]);
  const longest = encodeHint({
    ...hint,
    n: Number.MAX_SAFE_INTEGER,
    heads: new Map(feeds.map((feed) => [feed, 1e12])),
    typing,
  });
  expect(longest.length).toBeLessThan(DEFAULT_LIMITS.hintBytes);
});
