/** The contract of the clock port, over the clocks of relay and desktop and the one that tests move. */
import { afterEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../electron/host/system-clock.ts';
import { systemClock } from '../../server/adapters/system-clock.ts';
import type { Clock } from '../../server/ports/clock.ts';
import { createFakeClock } from '../kit/fake-clock.ts';

interface Adapter {
  readonly name: string;
  readonly open: () => { readonly clock: Clock; readonly let: (ms: number) => void };
}

const ADAPTERS: readonly Adapter[] = [
  { name: 'the relay', open: () => ({ clock: systemClock, let: () => undefined }) },
  { name: 'the desktop', open: () => ({ clock: createSystemClock(), let: () => undefined }) },
  {
    name: 'a test',
    open: () => {
      const clock = createFakeClock();
      return { clock, let: (ms) => clock.advance(ms) };
    },
  },
];

/** More than a timer of the system holds: it would be taken for one millisecond. */
const FIFTY_DAYS_MS = 50 * 24 * 3_600_000;

describe.each(ADAPTERS)('the clock of $name', ({ open }) => {
  const cancels: (() => void)[] = [];
  afterEach(() => {
    for (const cancel of cancels.splice(0)) cancel();
  });

  /** Sets timers, lets their time pass, and tells in which order they ran, up to the one named `last`. */
  const runs = async (
    timers: readonly (readonly [name: string, ms: number])[],
    last: string,
    then: (cancel: ReadonlyMap<string, () => void>) => void = () => undefined,
  ): Promise<readonly string[]> => {
    const opened = open();
    const told: string[] = [];
    const set = new Map<string, () => void>();
    await new Promise<void>((resolve) => {
      for (const [name, ms] of timers) {
        const run = (): void => {
          told.push(name);
          if (name === last) resolve();
        };
        set.set(name, opened.clock.after(ms, run));
      }
      cancels.push(...set.values());
      expect(told).toEqual([]);
      then(set);
      opened.let(Math.max(...timers.filter(([, ms]) => ms < FIFTY_DAYS_MS).map(([, ms]) => ms)));
    });
    return told;
  };

  test('tells whole milliseconds since 1970, and durations that never shrink', () => {
    const { clock, let: pass } = open();
    expect(Number.isInteger(clock.now())).toBe(true);
    expect(clock.now()).toBeGreaterThan(Date.UTC(2026, 0, 1));
    const before = clock.monotonic();
    pass(1);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(before);
  });

  test('calls back once each, the sooner first, in the order they were set where the moment is the same', async () => {
    expect(
      await runs(
        [
          ['later', 20],
          ['first', 1],
          ['second', 1],
          ['third', 1],
        ],
        'later',
      ),
    ).toEqual(['first', 'second', 'third', 'later']);
  });

  test('never calls back within the call that asked for it, nor twice', async () => {
    expect(
      await runs(
        [
          ['now', 0],
          ['end', 20],
        ],
        'end',
      ),
    ).toEqual(['now', 'end']);
  });

  test('does not call back what was cancelled, and cancelling late or twice does nothing', async () => {
    let once = (): void => undefined;
    const told = await runs(
      [
        ['cancelled', 1],
        ['kept', 2],
        ['end', 20],
      ],
      'end',
      (cancel) => {
        once = cancel.get('cancelled') ?? once;
        once();
        once();
      },
    );
    once();
    expect(told).toEqual(['kept', 'end']);
  });

  test('waits longer than a timer of the system can', async () => {
    expect(
      await runs(
        [
          ['in fifty days', FIFTY_DAYS_MS],
          ['soon', 5],
        ],
        'soon',
      ),
    ).toEqual(['soon']);
  });
});
