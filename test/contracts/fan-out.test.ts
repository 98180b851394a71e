/** The contract of the fan-out port, over every adapter there is. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChannelId, FeedId, MemberId } from '../../protocol/ids.ts';
import { createLocalFanOut } from '../../server/adapters/fan-out-local.ts';
import { silentLog } from '../../server/observe/log.ts';
import type { FanOut, FanOutMessage } from '../../server/ports/fan-out.ts';

const ADAPTERS = [{ name: 'local', open: () => createLocalFanOut({ log: silentLog }) }];

const moved = (head: number): FanOutMessage => ({ kind: 'moved', heads: new Map([['team' as FeedId, head]]) });

describe.each(ADAPTERS)('fan-out ($name)', ({ open }) => {
  let fanOut: FanOut;
  let heard: FanOutMessage[];
  let stop: () => void;
  beforeEach(() => {
    fanOut = open();
    heard = [];
    stop = fanOut.listen((message) => heard.push(message));
  });
  afterEach(() => fanOut.close());

  test('tells its own node what it published, in order, once', async () => {
    const event = { feed: 'team' as FeedId, seq: 1, at: 1, json: '{}' };
    const typing = { kind: 'typing', channel: 'c' as ChannelId, member: 'm' as MemberId } as const;
    const all: FanOutMessage[] = [{ kind: 'events', events: [event] }, moved(2), typing];
    for (const message of all) fanOut.publish(message);
    await Promise.resolve();
    expect(heard).toEqual(all);
  });

  test('tells every listener, also when one of them fails', () => {
    fanOut.listen(() => {
      throw new Error('on purpose');
    });
    const others: FanOutMessage[] = [];
    fanOut.listen((message) => others.push(message));
    fanOut.publish(moved(1));
    expect([heard.length, others.length]).toEqual([1, 1]);
  });

  test('tells nothing to those who stopped listening, or after the close', async () => {
    stop();
    fanOut.publish(moved(1));
    expect(heard).toEqual([]);
    fanOut.listen((message) => heard.push(message));
    await fanOut.close();
    fanOut.publish(moved(2));
    expect(heard).toEqual([]);
  });
});
