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

/**
 * `moment(key, most)`: when the budget will be whole, from now to `most` ahead. A value that cannot be
 * such a moment is replaced.
 */
const MOMENTS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local found = 0
local function keep(key, at)
  local ms = at - now
  if ms <= 0 then redis.call('DEL', key)
  else redis.call('SET', key, string.format('%.3f', at), 'PX', math.ceil(ms)) end
end
local function moment(key, most)
  local kept = redis.pcall('GET', key)
  if kept == false then return now end
  local at = type(kept) == 'string' and tonumber(kept)
  if at and at - now <= most then return math.max(at, now) end
  at = at and at == at and now + most or now
  keep(key, at)
  found = found + 1
  return at
end
`;

/** For each key `each` and `burst`. Answers with the wait, 0 where all was taken; half a millisecond is nobody's wait. */
const TAKE = `${MOMENTS}
local moments, wait = {}, 0
for i, key in ipairs(KEYS) do
  local each, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  moments[i] = moment(key, each * burst)
  wait = math.max(wait, moments[i] - now + each - each * burst)
end
if wait > 0.5 then return { found, math.ceil(wait) } end
for i, key in ipairs(KEYS) do keep(key, moments[i] + ARGV[2 * i - 1]) end
return { found, 0 }
`;

/** For each key `each` and `burst`: one comes back at once. */
const GIVE_BACK = `${MOMENTS}
for i, key in ipairs(KEYS) do
  local each, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  keep(key, moment(key, each * burst) - each)
end
return { found }
`;

export function createRedisBudgets(parts: RedisBudgetsParts): RedisBudgets {
  const { team, hide } = parts;
  const own = createLocalBudgets(parts);
  const asker = new RedisAsker({ ...parts, use: 'budgets' });
  const keyOf = (kind: 'budget' | 'name', name: string): string =>
    `landline:${kind}:{${team}}:${hide(name)}`;
  const budgetKey = ({ name }: Budget): string => keyOf('budget', name);
  const figures = (budgets: readonly Budget[]): readonly number[] =>
    budgets.flatMap(({ perSecond, burst }) => [1_000 / perSecond, burst]);

  return {
    get state() {
      return asker.state;
    },
    get counts() {
      return asker.counts;
    },
    async take(budgets): Promise<Taken> {
      const ownWaitMs = own.takeNow(budgets);
      if (ownWaitMs > 0) return { isTaken: false, retryAfterMs: ownWaitMs };
      const answer = await asker.run(TAKE, budgets.map(budgetKey), figures(budgets));
      const retryAfterMs = Number(answer?.[0] ?? 0);
      if (!(retryAfterMs > 0)) return { isTaken: true };
      own.giveBack(budgets);
      return { isTaken: false, retryAfterMs };
    },
    giveBack(budgets) {
      own.giveBack(budgets);
      void asker.run(GIVE_BACK, budgets.map(budgetKey), figures(budgets));
    },
    remember(name, forMs) {
      own.remember(name, forMs);
      const key = keyOf('name', name);
      void asker.ask(key, ['SET', key, '1', 'PX', String(Math.ceil(forMs))]);
    },
    async knows(name) {
      const key = keyOf('name', name);
      return own.knowsNow(name) || Number((await asker.ask(key, ['EXISTS', key])) ?? 0) > 0;
    },
    async close() {
      asker.close();
      await own.close();
    },
  };
}
