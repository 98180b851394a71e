/**
 * Seats over the nodes of a cluster. Redis keeps for each holder a list of seats by age, each named by its node and a number, and a list of
 * the nodes that live, each until the end of its lease. A seat whose node does not live is free. Once a round every node renews its lease,
 * says in the same script which seats were taken and left since, and hears which of its own gave way meanwhile.
 *
 *   a round (`seatsEveryMs`):  lease, what was left, what was taken two rounds ago  →  what is lost, here or through others
 *   the lease had ended (Redis was emptied, the node was held up): all seats are said again
 *   no answer:                 the node goes on under a new name, its old one is struck off, all seats are said again
 *   Redis away:                what changes is kept, and said when it is back
 */
import type { TeamId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Places, SeatRule, Seats } from '../ports/seats.ts';
import { RedisAsker, type AskerCounts } from './redis-asker.ts';
import type { RedisSettings } from './redis-connection.ts';

export interface RedisSeatsParts {
  readonly redis: RedisSettings;
  readonly team: TeamId;
  /** Makes of a name what Redis is told instead: the same on every node of the team, and nobody else's to undo. */
  readonly hide: (name: string) => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: Pick<
    Limits,
    'seatsEveryMs' | 'seatLeaseMs' | 'redisAnswerMs' | 'budgetAnswerMs'
  >;
}

export interface RedisSeats extends Seats {
  readonly counts: AskerCounts;
}

/** Connects by itself; takes nothing from anybody until it has. */
export function createRedisSeats(parts: RedisSeatsParts): RedisSeats {
  return new TeamSeats(parts);
}

interface Seat {
  readonly n: number;
  readonly rule: SeatRule;
  readonly whose: string;
  readonly holder: object;
  readonly lose: () => void;
  readonly takenAt: number;
  /** When Redis was told of it; undefined until it was. */
  toldAt: number | undefined;
}

/** What one script may be told. */
const AT_ONCE = 400;
/** A list of seats ends by itself after this long, and each seat in it is said again in a third of it. */
const LIST_STAYS_MS = 15 * 60_000;
/** A seat is said this many rounds after it was taken: who moves here from another node has been struck off there by then. */
const RIPE_ROUNDS = 2;
/** Former names of a node that are struck off together; older ones have no lease any more. */
const STRUCK_NAMES = 16;
/** A list that is longer than any node could have made it is nobody's. */
const LONGEST_LIST = 1_000;

/**
 * Keys: the nodes, what others took from each, the mark of the own name and of `struck` former ones, and for each change a list. Values: the
 * own name, the times, how many are struck off, their names; four a change. A script that comes late under a name that was struck off does
 * nothing: nobody waits for its answer, and its seats are counted under another name.
 */
const ROUND = `
local nodes, taken, self = KEYS[1], KEYS[2], ARGV[1]
local lease, stay, struck = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = 0
local function sound(key, kind)
  local is = redis.call('TYPE', key)['ok']
  if is == kind or is == 'none' then return end
  redis.call('DEL', key)
  found = found + 1
end

if redis.call('EXISTS', KEYS[3]) == 1 then return { 0, 0, '' } end
sound(nodes, 'zset')
sound(taken, 'hash')
for i = 1, struck do
  redis.call('ZREM', nodes, ARGV[4 + i])
  redis.call('SET', KEYS[3 + i], '1', 'PX', 10 * lease)
end
redis.call('ZREMRANGEBYSCORE', nodes, '-inf', now)
redis.call('ZREMRANGEBYSCORE', nodes, now + 10 * lease, '+inf')
local isNew = redis.call('ZSCORE', nodes, self) == false
redis.call('ZADD', nodes, now + lease, self)
redis.call('PEXPIRE', nodes, 2 * lease)
local lost = redis.call('HGET', taken, self) or ''
redis.call('HDEL', taken, self)

local lives = {}
local function isThere(node)
  if lives[node] == nil then lives[node] = redis.call('ZSCORE', nodes, node) ~= false end
  return lives[node]
end
local function parts(seat)
  return string.match(seat, '^(%x+) (%d+)$')
end
local swept = {}
local function sweep(key, most)
  if swept[key] then return end
  swept[key] = true
  sound(key, 'zset')
  if redis.call('ZCARD', key) > 2 * most + ${LONGEST_LIST} then
    redis.call('DEL', key)
    found = found + 1
  end
  for _, seat in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    local node = parts(seat)
    if not node or not isThere(node) then redis.call('ZREM', key, seat) end
  end
end
local answer = { 0, isNew and 1 or 0, lost }
for i = 4 + struck, #KEYS do
  local key, at = KEYS[i], 4 * (i - 3 - struck) + struck
  local verb, n, age, most = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 4])
  sweep(key, most)
  if verb == 'leave' then redis.call('ZREM', key, self .. ' ' .. n)
  else
    redis.call('ZADD', key, now - age, self .. ' ' .. n)
    redis.call('PEXPIRE', key, stay)
    while redis.call('ZCARD', key) > most do
      local gone = redis.call(verb == 'oldest' and 'ZPOPMIN' or 'ZPOPMAX', key)[1]
      local node, number = parts(gone)
      if node == self then answer[#answer + 1] = number
      else
        local others = redis.call('HGET', taken, node)
        redis.call('HSET', taken, node, others and (others .. ' ' .. number) or number)
      end
    end
  end
end
redis.call('PEXPIRE', taken, 2 * lease)
answer[1] = found
return answer
`;

class TeamSeats implements RedisSeats {
  readonly #parts: RedisSeatsParts;
  readonly #asker: RedisAsker;
  readonly #base: string;
  #self: string;
  /** What this node was called when Redis owed it answers. */
  #struck: readonly string[] = [];
  #count = 0;
  readonly #byHolder = new Map<object, Seat>();
  /** By number; those that Redis was told of longest ago come first. */
  readonly #seats = new Map<number, Seat>();
  readonly #due = new Set<Seat>();
  readonly #left = new Set<Seat>();
  #isBusy = false;
  #isClosed = false;
  #cancelRound = (): void => undefined;

  constructor(parts: RedisSeatsParts) {
    this.#parts = parts;
    this.#base = `landline:seats:{${parts.team}}`;
    this.#self = this.#newName();
    this.#asker = new RedisAsker({ ...parts, use: 'seats' });
    this.#plan();
  }

  get state(): Seats['state'] {
    return this.#asker.state;
  }

  get counts(): AskerCounts {
    return this.#asker.counts;
  }

  open<Holder extends object>(rule: SeatRule, onLost: (holder: Holder) => void): Places<Holder> {
    return {
      take: (whose, holder) => this.#take(rule, whose, holder, () => onLost(holder)),
      leave: (holder) => this.#leave(holder),
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRound();
    const nodes = `${this.#base}:nodes`;
    await this.#asker.ask(nodes, ['ZREM', nodes, this.#self]);
    this.#asker.close();
    for (const all of [this.#byHolder, this.#seats, this.#due, this.#left]) all.clear();
  }

  #take(rule: SeatRule, whose: string, holder: object, lose: () => void): void {
    if (this.#isClosed) return;
    const seat: Seat = {
      n: ++this.#count,
      rule,
      whose,
      holder,
      lose,
      takenAt: this.#parts.clock.monotonic(),
      toldAt: undefined,
    };
    this.#byHolder.set(holder, seat);
    this.#seats.set(seat.n, seat);
    this.#due.add(seat);
  }

  #leave(holder: object): void {
    const seat = this.#byHolder.get(holder);
    if (!seat) return;
    this.#forget(seat);
    if (seat.toldAt !== undefined) this.#left.add(seat);
  }

  #forget(seat: Seat): void {
    this.#byHolder.delete(seat.holder);
    this.#seats.delete(seat.n);
    this.#due.delete(seat);
  }

  #plan(): void {
    const { clock, limits, log } = this.#parts;
    this.#cancelRound = clock.after(limits.seatsEveryMs, () => {
      this.#plan();
      if (this.#isBusy) return;
      this.#isBusy = true;
      this.#round()
        .catch((error: unknown) => log.error('seats-failed', {}, error))
        .finally(() => (this.#isBusy = false));
    });
  }

  async #round(): Promise<void> {
    const { clock, limits } = this.#parts;
    this.#sayOldAgain();
    const ripe = clock.monotonic() - RIPE_ROUNDS * limits.seatsEveryMs;
    const left = [...this.#left];
    const due = [...this.#due].filter(({ takenAt }) => takenAt <= ripe);
    do {
      // Some may have gone since the last part was said.
      const now = due.splice(0, AT_ONCE / 2).filter((seat) => this.#due.has(seat));
      if (!(await this.#say(left.splice(0, AT_ONCE / 2), now))) return;
    } while (!this.#isClosed && left.length + due.length > 0);
  }

  /** @returns whether it was heard */
  async #say(left: readonly Seat[], due: readonly Seat[]): Promise<boolean> {
    const { clock, limits } = this.#parts;
    // Nothing is said: all stays due.
    if (!this.#asker.isUp) return false;
    const now = clock.monotonic();
    for (const seat of left) this.#left.delete(seat);
    for (const seat of due) {
      this.#due.delete(seat);
      seat.toldAt = now;
      // Told last: goes to the end.
      this.#seats.delete(seat.n);
      this.#seats.set(seat.n, seat);
    }
    const marks = [this.#self, ...this.#struck].map((name) => `${this.#base}:struck:${name}`);
    const answer = await this.#asker.run(
      ROUND,
      [
        `${this.#base}:nodes`,
        `${this.#base}:taken`,
        ...marks,
        ...[...left, ...due].map((seat) => this.#keyOf(seat)),
      ],
      [
        ...[this.#self, limits.seatLeaseMs, LIST_STAYS_MS, this.#struck.length, ...this.#struck],
        ...left.flatMap(({ n, rule }) => ['leave', n, 0, rule.most]),
        ...due.flatMap(({ n, rule, takenAt }) => [
          rule.gives,
          n,
          Math.max(0, Math.round(now - takenAt)),
          rule.most,
        ]),
      ],
    );
    if (this.#isClosed) return false;
    if (!answer) {
      this.#beginAnew();
      return false;
    }
    this.#struck = [];
    const [isNew, taken, ...own] = answer;
    if (Number(isNew) === 1)
      for (const seat of this.#seats.values()) if (seat.toldAt !== now) this.#due.add(seat);
    for (const n of [...String(taken).split(' '), ...own.map(String)])
      if (/^\d+$/.test(n)) this.#lose(Number(n));
    return true;
  }

  #lose(n: number): void {
    const seat = this.#seats.get(n);
    if (!seat) return;
    this.#forget(seat);
    seat.lose();
  }

  /** What Redis has heard of this is in doubt: under the name could stand seats that are left by then, and it may hear of it still. */
  #beginAnew(): void {
    this.#struck = [this.#self, ...this.#struck].slice(0, STRUCK_NAMES);
    this.#self = this.#newName();
    this.#left.clear();
    for (const seat of this.#seats.values()) {
      seat.toldAt = undefined;
      this.#due.add(seat);
    }
  }

  #sayOldAgain(): void {
    const before = this.#parts.clock.monotonic() - LIST_STAYS_MS / 3;
    for (const seat of this.#seats.values()) {
      if (seat.toldAt === undefined) continue;
      if (seat.toldAt > before) return;
      this.#due.add(seat);
    }
  }

  #keyOf({ rule, whose }: Seat): string {
    return `${this.#base}:${rule.what}:${this.#parts.hide(`${rule.what} ${whose}`)}`;
  }

  #newName(): string {
    return Buffer.from(this.#parts.random.bytes(16)).toString('hex');
  }
}
