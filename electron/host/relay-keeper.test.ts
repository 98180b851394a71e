import { beforeEach, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../test/kit/fake-clock.ts';
import { fail, ok } from '../../protocol/result.ts';
import { createRelayKeeper, type RelayKeeper, type RelayProcessEvents } from './relay-keeper.ts';

const READY = { address: '127.0.0.1:7420', fingerprint: 'f'.repeat(64), setupCode: 'abc' };
const DAY_MS = 24 * 60 * 60_000;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

let clock: FakeClock;
let processes: RelayProcessEvents[] = [];
let stops = 0;
let keeper: RelayKeeper;

beforeEach(() => {
  clock = createFakeClock();
  processes = [];
  stops = 0;
  keeper = createRelayKeeper({
    clock,
    log,
    chooseDoor: async () => ({ host: '127.0.0.1', port: 7420 }),
    spawn(_door, events) {
      processes.push(events);
      return {
        stop: async () => {
          stops += 1;
          events.onExit();
        },
      };
    },
  });
});

/** Lets the door be chosen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const startUp = async (): Promise<void> => {
  const started = keeper.start();
  await settle();
  processes.at(-1)?.onReady(READY);
  await started;
};

test('the relay is started once however often it is asked for', async () => {
  const both = Promise.all([keeper.start(), keeper.start()]);
  await settle();
  processes[0]?.onReady(READY);
  expect(await both).toEqual([ok(READY), ok(READY)]);
  expect(await keeper.start()).toEqual(ok(READY));
  expect(processes).toHaveLength(1);
});

test('a relay that falls before it was ready cannot host, and is not tried again by itself', async () => {
  const started = keeper.start();
  await settle();
  processes[0]?.onExit();
  expect(await started).toEqual(fail('cannot-host'));
  clock.advance(10 * 60_000);
  await settle();
  expect(processes).toHaveLength(1);
  const again = keeper.start();
  await settle();
  processes[1]?.onReady(READY);
  expect(await again).toEqual(ok(READY));
});

test('a relay that falls later is started again, waiting longer each time', async () => {
  await startUp();
  const restsMs: number[] = [];
  for (let fall = 0; fall < 9; fall += 1) {
    const before = processes.length;
    processes.at(-1)?.onExit();
    let restMs = 0;
    while (processes.length === before) {
      clock.advance(100);
      await settle();
      restMs += 100;
    }
    restsMs.push(restMs);
    processes.at(-1)?.onReady(READY);
  }
  expect(restsMs).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('after a healthy minute the next fall is a first fall again', async () => {
  await startUp();
  for (let fall = 0; fall < 3; fall += 1) {
    processes.at(-1)?.onExit();
    clock.advance(5_000);
    await settle();
    processes.at(-1)?.onReady(READY);
  }
  clock.advance(60_000);
  processes.at(-1)?.onExit();
  const before = processes.length;
  clock.advance(500);
  await settle();
  expect(processes).toHaveLength(before + 1);
});

test('whoever asks while it rests gets the next one', async () => {
  await startUp();
  processes[0]?.onExit();
  const started = keeper.start();
  await settle();
  expect(processes).toHaveLength(2);
  processes[1]?.onReady({ ...READY, setupCode: null });
  expect(await started).toEqual(ok({ ...READY, setupCode: null }));
  clock.advance(60_000);
  await settle();
  expect(processes).toHaveLength(2);
});

test('a relay that says nothing is ended', async () => {
  const started = keeper.start();
  await settle();
  clock.advance(20_000);
  expect(await started).toEqual(fail('cannot-host'));
  expect(stops).toBe(1);
});

test('once stopped it stays ended', async () => {
  await startUp();
  await keeper.stop();
  expect(stops).toBe(1);
  clock.advance(10 * 60_000);
  expect(processes).toHaveLength(1);
  expect(await keeper.start()).toEqual(fail('cannot-host'));
});

test('a team that was set up has no setup code any more', async () => {
  await startUp();
  keeper.wasSetUp();
  expect(await keeper.start()).toEqual(ok({ ...READY, setupCode: null }));
  clock.advance(8 * DAY_MS);
  expect(await keeper.start()).toEqual(ok({ ...READY, setupCode: null }));
  expect(processes).toHaveLength(1);
});

test('a setup code that may be over by now is not given: the relay is started again for another', async () => {
  await startUp();
  clock.advance(DAY_MS - 1);
  expect(await keeper.start()).toEqual(ok(READY));
  clock.advance(1);
  const both = Promise.all([keeper.start(), keeper.start()]);
  await settle();
  expect(stops).toBe(1);
  expect(processes).toHaveLength(2);
  processes[1]?.onReady({ ...READY, setupCode: 'fresh' });
  expect(await both).toEqual([
    ok({ ...READY, setupCode: 'fresh' }),
    ok({ ...READY, setupCode: 'fresh' }),
  ]);
  clock.advance(60_000);
  await settle();
  expect(processes).toHaveLength(2);
});

test('a keeper that is stopped while it changes its relay starts no other', async () => {
  await startUp();
  clock.advance(DAY_MS);
  const started = keeper.start();
  await keeper.stop();
  await settle();
  expect(await started).toEqual(fail('cannot-host'));
  expect(processes).toHaveLength(1);
});
