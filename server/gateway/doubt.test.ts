/** How the hub asks when it does not know what it missed. */
import { expect, test } from 'vitest';
import type { FeedId, MemberId } from '../../protocol/ids.ts';
import { StoreUnavailable } from '../ports/store.ts';
import { silentLog } from '../observe/log.ts';
import { settle } from '../../test/kit/relay-kit.ts';
import { FeedEntry, MemberNode } from './connection.ts';
import { Doubt } from './doubt.ts';

function start(doubtFeeds: number, heads: Readonly<Record<string, number>>) {
  const node = new MemberNode('ada' as MemberId);
  const entries = Object.keys(heads).map((id) =>
    Object.assign(new FeedEntry(id as FeedId, node), { head: 1 }),
  );
  const asked: (readonly FeedId[])[] = [];
  const pulled: FeedId[] = [];
  let answer = Promise.resolve();
  const doubt = new Doubt({
    store: {
      async heads(feeds) {
        asked.push(feeds);
        await answer;
        return new Map(feeds.map((feed) => [feed, heads[feed] ?? 0]));
      },
    },
    limits: { doubtFeeds },
    log: silentLog,
    feeds: () => entries,
    pull: (entry) => pulled.push(entry.id),
  });
  return { doubt, asked, pulled, answerWith: (next: Promise<void>) => void (answer = next) };
}

test('asks for every feed, so many at a time, and has those pulled that lag', async () => {
  const { doubt, asked, pulled } = start(2, { a: 1, b: 2, c: 1, d: 0, e: 7 });
  doubt.raise();
  await settle();
  expect(asked).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  expect(pulled).toEqual(['b', 'e']);
});

test('many doubts during one round are one more round', async () => {
  const { doubt, asked, answerWith } = start(10, { a: 1 });
  let release = (): void => undefined;
  answerWith(new Promise((resolve) => (release = resolve)));
  for (let i = 0; i < 5; i++) doubt.raise();
  await settle();
  expect(asked).toHaveLength(1);
  release();
  await settle();
  expect(asked).toHaveLength(2);
});

test('a round that the store did not answer is made up for', async () => {
  const { doubt, asked, pulled, answerWith } = start(10, { a: 2 });
  const failed = Promise.reject(new StoreUnavailable('on purpose'));
  answerWith(failed);
  doubt.raise();
  await settle();
  doubt.tend();
  await settle();
  expect([asked.length, pulled]).toEqual([2, []]);
  answerWith(Promise.resolve());
  doubt.tend();
  await settle();
  doubt.tend();
  await settle();
  expect([asked.length, pulled]).toEqual([3, ['a']]);
});
