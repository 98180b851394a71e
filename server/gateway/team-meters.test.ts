/** One member at several relays, on a clock that the test moves: how much all of them let through together. */
import { describe, expect, test } from 'vitest';
import type { MemberId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { settle } from '../../test/kit/relay-kit.ts';
import { createLocalBudgets } from '../adapters/budgets-local.ts';
import { silentLog } from '../observe/log.ts';
import type { Budgets } from '../ports/budgets.ts';
import { Meter } from './meter.ts';
import { TeamMeters } from './team-meters.ts';

const [ADA, BO] = [
  '00000000-0000-4000-8000-000000000001' as MemberId,
  '00000000-0000-4000-8000-000000000002' as MemberId,
];
const limits = DEFAULT_LIMITS;
const { sendsPerSecond, sendsBurst, settleEveryMs } = limits;
const STEP_MS = 10;

/** So many relays that count together. */
function relays(count: number) {
  const clock = createFakeClock();
  const shared = createLocalBudgets({ clock, limits });
  let asked = 0;
  const budgets: Pick<Budgets, 'settle'> = {
    settle: (uses) => {
      asked++;
      return shared.settle(uses);
    },
  };
  const nodes = Array.from({ length: count }, () => ({
    team: new TeamMeters({ budgets, clock, limits, log: silentLog }),
    meter: new Meter(),
  }));
  /** A message over the member's one line to this relay. */
  const send = (at: number, member = ADA, meter = nodes[at]?.meter): boolean => {
    const { team } = nodes[at] ?? {};
    if (!team || !meter) throw new Error(`no relay ${at}`);
    return meter.takeSend(clock.monotonic(), limits, team.of(member)) === 0;
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle(2);
  };
  /** All of them, as fast as they are let. @returns what got through in each second */
  const flood = async (seconds: number): Promise<readonly number[]> => {
    const through: number[] = [];
    for (let second = 0; second < seconds; second++) {
      let sent = 0;
      for (let ms = 0; ms < 1_000; ms += STEP_MS) {
        for (const at of nodes.keys()) while (send(at)) sent++;
        await pass(STEP_MS);
      }
      through.push(sent);
    }
    return through;
  };
  return { clock, nodes, send, pass, flood, asked: () => asked };
}
const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);

describe('a member who says as much as they can', () => {
  test.each([1, 3, 10])(
    'at %i relays says in a minute what one relay would let them say, and at first a burst at each',
    async (count) => {
      const through = await relays(count).flood(60);
      const atOne = sendsBurst + 60 * sendsPerSecond;
      const ahead = (count - 1) * (sendsBurst + (sendsPerSecond * settleEveryMs) / 1_000);
      expect(sum(through)).toBeLessThanOrEqual(atOne + ahead + count);
      // Nor much less: who stays within their allowance is not punished for having lines to several.
      expect(sum(through)).toBeGreaterThan(0.8 * atOne);
      // The burst at each was made up for long ago; what comes back in a moment may be given by each of them once.
      expect(sum(through.slice(30))).toBeLessThanOrEqual(
        30 * sendsPerSecond + count * sendsPerSecond,
      );
    },
  );

  test('at another relay, once that has heard, has to wait for what was said here', async () => {
    const { send, pass } = relays(2);
    for (let n = 0; n < sendsBurst; n++) expect(send(0)).toBe(true);
    expect(send(1)).toBe(true);
    await pass(settleEveryMs);
    // Twenty came back within the second; of thirty-one, eleven are still missing.
    let more = 0;
    while (send(1)) more++;
    expect(more).toBe(sendsBurst - (sendsBurst + 1 - sendsPerSecond));
  });

  test('over many lines to one relay says no more than over one', () => {
    const { send } = relays(1);
    let sent = 0;
    for (let line = 0; line < 10; line++) {
      const meter = new Meter();
      while (send(0, ADA, meter)) sent++;
    }
    expect(sent).toBe(sendsBurst);
  });

  test('keeps nobody else waiting', async () => {
    const { send, flood } = relays(3);
    await flood(3);
    expect(send(0, BO, new Meter())).toBe(true);
  });
});

test('a message that comes while the answer is on its way counts', async () => {
  const clock = createFakeClock();
  let answer = (_levels: readonly number[]): void => undefined;
  const team = new TeamMeters({
    budgets: { settle: () => new Promise((resolve) => (answer = resolve)) },
    clock,
    limits,
    log: silentLog,
  });
  const ada = team.of(ADA);
  const now = (): number => clock.monotonic();
  ada.note('sends', now(), 1);
  clock.advance(settleEveryMs);
  ada.note('sends', now(), sendsBurst - 1);
  answer([1_000 / sendsPerSecond]);
  await settle(2);
  expect([ada.wait('sends', now(), 1) > 0, [...ada.unsettled()].map(({ said }) => said)]).toEqual([
    true,
    [sendsBurst - 1],
  ]);
});

test('requests of a member count for all relays, their bytes too', async () => {
  const { nodes, clock, pass } = relays(2);
  const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
  const knock = ({ team, meter }: typeof a, bytes: number): number =>
    meter.takeFrame(clock.monotonic(), bytes, limits, team.of(ADA));
  expect(knock(a, limits.bytesInPerSecond)).toBe(0);
  expect(knock(b, 1)).toBe(0);
  expect(knock(b, limits.bytesInPerSecond - 1)).toBe(0);
  await pass(settleEveryMs);
  expect(knock(b, limits.bytesInPerSecond)).toBeGreaterThan(0);
});

test('who is silent is forgotten, and then nobody is asked about anything', async () => {
  const { nodes, clock, send, pass, asked } = relays(1);
  for (let n = 0; n < 5; n++) send(0);
  await pass(settleEveryMs);
  expect([nodes[0]?.team.size, asked()]).toEqual([0, 1]);
  await pass(10 * settleEveryMs);
  expect([clock.pending, asked()]).toEqual([0, 1]);
});

test('whoever is told to wait is told again for as long as that is so, without a question to anybody', async () => {
  const { nodes, send, pass, asked } = relays(1);
  while (send(0));
  await pass(settleEveryMs);
  expect([nodes[0]?.team.size, asked()]).toEqual([1, 1]);
  await pass(10 * settleEveryMs);
  expect([nodes[0]?.team.size, asked()]).toEqual([0, 1]);
});
