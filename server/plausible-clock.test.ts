import { beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { createFakeClock, type FakeClock } from '../test/kit/fake-clock.ts';
import { createLog } from './observe/log.ts';
import { createPlausibleClock, type PlausibleClock } from './plausible-clock.ts';

const FAR = DEFAULT_LIMITS.clockFarMs;
const START = Date.UTC(2026, 10, 30, 9);
const MONTH = 30 * 24 * 60 * 60_000;

let machine: FakeClock;
let clock: PlausibleClock;
let lines: string[];
beforeEach(() => {
  machine = createFakeClock(START);
  lines = [];
  const log = createLog({
    level: 'info',
    node: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  clock = createPlausibleClock({ clock: machine, log, limits: DEFAULT_LIMITS });
});
const events = (): string[] => lines.map((line) => (JSON.parse(line) as { event: string }).event);

describe('a plausible clock', () => {
  test('is the clock of the machine while that goes on as time does', () => {
    clock.startFrom(START - 1_000);
    machine.advance(5_000);
    expect(clock.now()).toBe(START + 5_000);
    // NTP sets it.
    machine.setWall(START + 65_000);
    expect(clock.now()).toBe(START + 65_000);
    expect(clock.isPlausible()).toBe(true);
    expect(events()).toEqual([]);
  });

  test.each([
    ['months ahead', START + 8 * MONTH],
    ['in 1971', Date.UTC(1971, 0, 1)],
  ])('that jumps %s for a moment is not believed, and is believed again afterwards', (_, wall) => {
    clock.startFrom(START);
    machine.setWall(wall);
    expect(clock.now()).toBe(START);
    machine.advance(60_000);
    expect(clock.now()).toBe(START + 60_000);
    expect(clock.isPlausible()).toBe(false);
    machine.setWall(START + 61_000);
    expect(clock.now()).toBe(START + 61_000);
    expect(clock.isPlausible()).toBe(true);
    expect(events()).toEqual(['clock-implausible', 'clock-plausible']);
  });

  test('of a machine that starts in 1971 goes on from the newest event', () => {
    machine.setWall(Date.UTC(1971, 0, 1));
    clock.startFrom(START);
    machine.advance(1_000);
    expect(clock.now()).toBe(START + 1_000);
    expect(clock.isPlausible()).toBe(false);
  });

  test('is believed after a long rest as soon as a desktop agrees', () => {
    clock.startFrom(START - 3 * MONTH);
    expect(clock.now()).toBe(START - 3 * MONTH);
    clock.compare(START - 3 * MONTH);
    clock.compare(START + FAR + 1);
    expect(clock.isPlausible()).toBe(false);
    clock.compare(START + FAR);
    expect(clock.isPlausible()).toBe(true);
    expect(clock.now()).toBe(START);
  });

  test('is believed again when the store was written under a wrong clock', () => {
    clock.startFrom(START + 12 * MONTH);
    expect(clock.isPlausible()).toBe(false);
    clock.compare(START - 5_000);
    expect(clock.now()).toBe(START);
  });

  test('is not moved by a desktop whose clock is wrong', () => {
    clock.startFrom(START);
    clock.compare(START + 8 * MONTH);
    clock.compare(0);
    expect(clock.now()).toBe(START);
    machine.setWall(START + 8 * MONTH);
    clock.compare(START + 2 * MONTH);
    expect(clock.isPlausible()).toBe(false);
  });

  test('believes what is off by clockFarMs and nothing beyond', () => {
    clock.startFrom(START);
    machine.setWall(START + FAR);
    expect(clock.now()).toBe(START + FAR);
    machine.setWall(START + 2 * FAR + 1);
    expect(clock.now()).toBe(START + FAR);
  });

  test('takes the clock of the machine for a store without events', () => {
    clock.startFrom(0);
    expect(clock.now()).toBe(START);
    expect(clock.isPlausible()).toBe(true);
  });
});
