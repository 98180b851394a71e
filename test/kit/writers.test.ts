/** When a team of writers counts as whole: what an outbox does not count has to be there as well. */
import { expect, test } from 'vitest';
import { untilWhole, type Team, type Writer } from '../cluster/writers.ts';
import type { DesktopView } from '../system/desktop-messages.ts';
import { createHistory, type History } from './history.ts';

const LIMIT_MS = 60;
const ADA = { who: 'ada', member: 'a', team: 'here', channel: 'general' };
/** Live, and nothing that its person wrote waits: what it resends does not count. */
const DRAINED = {
  wire: { state: 'live', isCatchingUp: false },
  outbox: { waiting: 0, failed: 0 },
  newest: 2,
} as unknown as DesktopView;

const ada: Writer = {
  ...ADA,
  desktop: {
    until: (what: string, is: (view: DesktopView) => boolean) =>
      is(DRAINED) ? Promise.resolve() : Promise.reject(new Error(`never: ${what}`)),
  } as unknown as Writer['desktop'],
};

const entered = (...messages: readonly (readonly [member: string, message: string])[]): History => {
  const history = createHistory();
  for (const [member, message] of messages)
    history.add({
      kind: 'entered',
      member,
      computer: `${member}-pc`,
      channel: ADA.channel,
      message: message,
      text: message,
    });
  return history;
};

/** What the server stores, each time it is asked; the last answer stays. */
const serverOf = (...answers: (readonly string[])[]): Team => {
  let stored: readonly string[] = [];
  return {
    database: 'team',
    server: {
      ask: (_database: string, sql: string) => {
        if (!sql.includes('event')) return Promise.resolve([{ head: stored.length }]);
        stored = answers.shift() ?? stored;
        return Promise.resolve(stored.map((op) => ({ op })));
      },
    } as unknown as Team['server'],
  };
};

test('waits for what a desktop resends after a loss, which its outbox does not count', async () => {
  const history = entered(['a', 'first'], ['a', 'second']);
  expect(await untilWhole([ada], history, serverOf(['first'], ['first', 'second']))).toBe(2);
});

test('does not wait for what a writer wrote who is not among them', async () => {
  const history = entered(['a', 'first'], ['c', 'of a closed desktop']);
  expect(await untilWhole([ada], history, serverOf(['first']), LIMIT_MS)).toBe(1);
});

test('gives up on a message that does not come, and counts it', async () => {
  const history = entered(['a', 'first'], ['a', 'lost']);
  await expect(untilWhole([ada], history, serverOf(['first']), LIMIT_MS)).rejects.toThrow(
    '1 of 2 messages did not reach the server',
  );
});
