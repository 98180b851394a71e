/**
 * Budgets over the nodes of a cluster. Redis keeps of each the moment at which it would be whole, by its own clock, in a key that ends at
 * that moment; scripts of one step read and write them, so that nodes which ask at once are answered one after the other.
 *
 * This node counts all of it too, and first: what it refuses is refused without a question, so a flood costs Redis nothing, and while Redis
 * is away, or was emptied or fed rubbish, nobody gets more from this node than it would give alone.
 */
import type { TeamId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Budget, Budgets, Taken } from '../ports/budgets.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { createLocalBudgets } from './budgets-local.ts';
import { RedisAsker, type AskerCounts } from './redis-asker.ts';
import type { RedisSettings } from './redis-connection.ts';

export interface RedisBudgetsParts {
  readonly redis: RedisSettings;
  readonly team: TeamId;
  /** Makes of a name what Redis is told instead: the same on every node of the team, and nobody else's to undo. */
  readonly hide: (name: string) => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: Limits;
}

export interface RedisBudgets extends Budgets {
  readonly counts: AskerCounts;
}

/** What one script may be asked about. */
const AT_ONCE = 400;

/**
 * `moment(key, most, over)`: when the budget is or was whole, at most `most` ahead of now and at most `over` behind. What stands there and
 * cannot be one is put right.
 */
const MOMENTS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local found = 0
local function keep(key, at, stay)
  local ms = at - now + stay
  if ms <= 0 then redis.call('DEL', key)
  else redis.call('SET', key, string.format('%.3f', at), 'PX', math.ceil(ms)) end
end
local function moment(key, most, over)
  local first = now - over
  local kept = redis.pcall('GET', key)
  if kept == false then return first end
  local at = type(kept) == 'string' and tonumber(kept)
  if at and at - now <= most then return math.max(at, first) end
  at = at and at == at and now + most or first
  keep(key, at, 0)
  found = found + 1
  return at
end
`;

/** For each key `each` and `burst`. Answers with the wait, 0 where all was taken; half a millisecond is nobody's wait. */
const TAKE = `${MOMENTS}
local moments, wait = {}, 0
for i, key in ipairs(KEYS) do
  local each, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  moments[i] = moment(key, each * burst, 0)
  wait = math.max(wait, moments[i] - now + each - each * burst)
end
if wait > 0.5 then return { found, math.ceil(wait) } end
for i, key in ipairs(KEYS) do keep(key, moments[i] + ARGV[2 * i - 1], 0) end
return { found, 0 }
`;

/**
 * For each key what was done in milliseconds of its coming back, the most that may stand there, and over how long it was done. Answers with
 * the milliseconds until each is whole. A moment that is over stays for those who did something in the same time and say so later.
 */
const SETTLE = `${MOMENTS}
local answer = { 0 }
for i, key in ipairs(KEYS) do
  local done, most, over = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local at = math.min(moment(key, most, over) + done, now + most)
  keep(key, at, 2 * over)
  answer[i + 1] = math.ceil(math.max(0, at - now))
end
answer[1] = found
return answer
`;

export function createRedisBudgets(parts: RedisBudgetsParts): RedisBudgets {
  const { team, hide, limits } = parts;
  // Apart, so that no number of those who speak makes a relay forget who guesses.
  const [tried, said] = [createLocalBudgets(parts), createLocalBudgets(parts)];
  const asker = new RedisAsker({ ...parts, use: 'budgets' });
  const keyOf = (kind: 'budget' | 'name', name: string): string =>
    `landline:${kind}:{${team}}:${hide(name)}`;
  const budgetKey = ({ name }: Budget): string => keyOf('budget', name);
  const each = ({ perSecond }: Budget): number => 1_000 / perSecond;

  return {
    get state() {
      return asker.state;
    },
    get counts() {
      return asker.counts;
    },
    async take(budgets): Promise<Taken> {
      const ownWaitMs = tried.takeNow(budgets);
      if (ownWaitMs > 0) return { isTaken: false, retryAfterMs: ownWaitMs };
      const asked = budgets.flatMap((budget) => [each(budget), budget.burst]);
      const answer = await asker.run(TAKE, budgets.map(budgetKey), asked);
      const retryAfterMs = Number(answer?.[0] ?? 0);
      if (!(retryAfterMs > 0)) return { isTaken: true };
      tried.giveBack(budgets);
      return { isTaken: false, retryAfterMs };
    },
    giveBack(budgets) {
      tried.giveBack(budgets);
      const asked = budgets.flatMap((budget) => [-each(budget), each(budget) * budget.burst, 0]);
      void asker.run(SETTLE, budgets.map(budgetKey), asked);
    },
    async settle(uses) {
      const levels = [...(await said.settle(uses))];
      for (let from = 0; from < uses.length; from += AT_ONCE) {
        const some = uses.slice(from, from + AT_ONCE);
        const asked = some.flatMap(({ budget, amount, overMs }) => [
          each(budget) * amount,
          limits.settleDebtMs,
          overMs,
        ]);
        const answer = await asker.run(
          SETTLE,
          some.map(({ budget }) => budgetKey(budget)),
          asked,
        );
        for (const [at, level] of (answer ?? []).entries())
          levels[from + at] = Math.max(levels[from + at] ?? 0, Number(level) || 0);
      }
      return levels;
    },
    remember(name, forMs) {
      tried.remember(name, forMs);
      const key = keyOf('name', name);
      void asker.ask(key, ['SET', key, '1', 'PX', String(Math.ceil(forMs))]);
    },
    async knows(name) {
      const key = keyOf('name', name);
      return tried.knowsNow(name) || Number((await asker.ask(key, ['EXISTS', key])) ?? 0) > 0;
    },
    async close() {
      asker.close();
      await Promise.all([tried.close(), said.close()]);
    },
  };
}
