/** Which of its acknowledged changes a desktop says again to a relay that has lost some. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Mutation } from '../../../protocol/frames-up.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { Down } from '../../../protocol/frames-down.ts';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import type { Problem } from '../../bridge/commands.ts';
import type { CachedMessage } from '../cache/message-rows.ts';
import type { SentRow } from '../cache/outbox-rows.ts';
import type { Asks } from './asks.ts';
import { findLost } from './offers.ts';
import { JOURNAL_MS } from './outbox.ts';
import type { Replica } from './replica.ts';

const { missingOps } = DEFAULT_LIMITS;
const TRUST = 'key:aa';

let clock: FakeClock;
let asked: (readonly string[])[];
let journal: SentRow[];
/** The messages that came with the pages, by id, with their texts; null where deleted. */
let fetched: Map<string, string | null>;
let answer: (ops: readonly string[]) => Result<Down<'missing'>, Problem>;
beforeEach(() => {
  clock = createFakeClock();
  asked = [];
  journal = [];
  fetched = new Map();
  answer = (ops) => missing(ops);
});

const missing = (ops: readonly string[]): Result<Down<'missing'>, Problem> =>
  ok({ t: 'missing', req: 1, ops } as unknown as Down<'missing'>);
const sent = (frame: object, message: string, trust = TRUST): void => {
  const row = {
    channel: 'general',
    n: journal.length + 1,
    message,
    at: clock.now(),
    trust,
    frame: frame as Mutation,
  };
  journal.push({ ...row, op: (frame as { readonly op: string }).op });
};
const post = (op: string): void => sent({ t: 'post', op, text: op }, op);

const lost = async (): Promise<string[]> => {
  const asks: Pick<Asks, 'ask'> = {
    ask: (async (question: { readonly t: string; readonly ops: readonly string[] }) => {
      if (question.t !== 'missing') throw new Error(`nobody asks ${question.t} here`);
      asked.push(question.ops);
      return answer(question.ops);
    }) as unknown as Asks['ask'],
  };
  const work = findLost({
    replica: { team: { key: 1 }, channels: new Map([['general', { key: 7 }]]) } as unknown as Pick<
      Replica,
      'team' | 'channels'
    >,
    cache: {
      messages: {
        byId: (_team, channel, id) =>
          channel === 7 && fetched.has(id)
            ? ({ text: fetched.get(id), isDeleted: fetched.get(id) === null } as CachedMessage)
            : undefined,
      },
    },
    trust: TRUST,
    disk: {
      sent: (_team, trust, withinMs) => {
        const own = journal.filter((row) => row.trust === trust);
        const newest = Math.max(...own.map(({ at }) => at));
        return own.filter(({ at }) => at >= newest - withinMs);
      },
    },
    asks,
    clock,
  });
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  while (clock.runNext()) for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return (await work).map(({ op }) => op);
};

describe('of what was acknowledged', () => {
  test('that is said again of which the relay says that it is missing, in its order', async () => {
    for (const op of ['a', 'b', 'c', 'd']) post(op);
    answer = () => missing(['d', 'b']);
    expect(await lost()).toEqual(['b', 'd']);
    expect(asked).toEqual([['a', 'b', 'c', 'd']]);
  });

  test('what came back with the pages is not asked about, but for edits, whose words may be those of another', async () => {
    for (const op of ['a', 'b', 'c']) post(op);
    for (const op of ['d', 'e']) sent({ t: 'edit', op, text: 'changed' }, 'b');
    sent({ t: 'delete', op: 'f' }, 'c');
    fetched = new Map([
      ['b', 'changed'],
      ['c', null],
    ]);
    answer = () => missing(['e']);
    expect(await lost()).toEqual(['e']);
    expect(asked).toEqual([['a', 'd', 'e']]);
  });

  test('nothing is asked where nothing is in doubt', async () => {
    post('a');
    fetched.set('a', 'a');
    expect(await lost()).toEqual([]);
    expect(asked).toEqual([]);
  });

  test('what is older than the journal goes is let go', async () => {
    post('a');
    clock.advance(JOURNAL_MS + 1);
    post('b');
    expect(await lost()).toEqual(['b']);
  });

  test('what another relay acknowledged is neither named nor resent to this one', async () => {
    post('a');
    sent({ t: 'post', op: 'b', text: 'b' }, 'b', 'key:bb');
    answer = () => fail({ kind: 'unknown-frame' });
    expect(await lost()).toEqual(['a']);
    expect(asked).toEqual([['a']]);
  });

  test('a thousand are asked about in as few questions as the wire allows', async () => {
    for (let n = 0; n <= 2 * missingOps; n++) post(`m${n}`);
    answer = (ops) => missing(ops.filter((op) => ['m3', `m${2 * missingOps}`].includes(op)));
    expect(await lost()).toEqual(['m3', `m${2 * missingOps}`]);
    expect(asked.map((ops) => ops.length)).toEqual([missingOps, missingOps, 1]);
  });
});

describe('a relay', () => {
  test('that asks for patience is asked again after it', async () => {
    post('a');
    post('b');
    const before = clock.monotonic();
    answer = () =>
      asked.length < 3 ? fail({ kind: 'rate-limited', retryAfterMs: 700 }) : missing(['b']);
    expect(await lost()).toEqual(['b']);
    expect(clock.monotonic() - before).toBe(1_400);
  });

  test('that does not know the question is asked once, and said all that is in doubt', async () => {
    for (let n = 0; n < 2 * missingOps; n++) post(`m${n}`);
    answer = () => fail({ kind: 'unknown-frame' });
    expect(await lost()).toHaveLength(2 * missingOps);
    expect(asked).toHaveLength(1);
  });

  test('that falls silent in between is believed for what it has answered', async () => {
    for (let n = 0; n <= missingOps; n++) post(`m${n}`);
    answer = () => (asked.length === 1 ? missing([]) : fail({ kind: 'unavailable' }));
    expect(await lost()).toEqual([`m${missingOps}`]);
  });
});
