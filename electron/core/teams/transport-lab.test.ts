import { expect, test } from 'vitest';
import { DOORS } from '../../../protocol/doors.ts';
import { fail, ok } from '../../../protocol/result.ts';
import { HELLO } from '../../../test/kit/door-client.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import type { LabView } from '../../bridge/lab.ts';
import type { RelayNet } from '../ports.ts';
import { createTransportLab, type TransportLab } from './transport-lab.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const UNREACHABLE: RelayNet['dial'] = async () => fail({ kind: 'unreachable' });

function labOver(dial: RelayNet['dial'], hasEnded = false): TransportLab {
  return createTransportLab({
    clock: createFakeClock(),
    net: { dial },
    newId: () => '',
    log,
    target: () => ({ address: 'relay:7420', fingerprint: null }),
    access: async () => (hasEnded ? fail({ kind: 'ended' }) : ok('token')),
    hello: () => HELLO,
  });
}

async function allOf(lab: TransportLab): Promise<readonly LabView[]> {
  const all: LabView[] = [];
  for (let seen = -1; ;) {
    const view = await lab.look(seen);
    all.push(view);
    if (view.state !== 'running') return all;
    seen = view.version;
  }
}

test('before it ran there is nothing, and nobody is kept waiting for it', async () => {
  expect(await labOver(UNREACHABLE).look(0)).toEqual({ version: 0, state: 'none', rows: [] });
});

test('a run is told as it goes on, and what it found stays until the next one', async () => {
  const lab = labOver(UNREACHABLE);
  expect(lab.start(true)).toEqual(ok(null));
  const all = await allOf(lab);
  const versions = all.map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  const last = all.at(-1);
  expect(last?.state).toBe('done');
  expect(last?.rows).toEqual(
    DOORS.map((door) => ({
      door,
      traffic: { state: 'failed', why: { kind: 'unreachable' } },
      idle: { state: 'left-out' },
    })),
  );
  expect(await lab.look(-1)).toEqual(last);
  expect(lab.start(false)).toEqual(ok(null));
  expect(
    (await lab.look(last?.version ?? 0)).rows.every(({ traffic }) => traffic.state !== 'failed'),
  ).toBe(true);
});

test('it does not run twice at once, and what was stopped is over', async () => {
  const lab = labOver(() => new Promise(() => undefined));
  expect(lab.start(false)).toEqual(ok(null));
  expect(lab.start(false)).toEqual(fail({ kind: 'lab-running' }));
  lab.stop();
  expect((await lab.look(-1)).state).toBe('stopped');
  expect(lab.start(false)).toEqual(ok(null));
});

test('a session that ended is said to be over at every door', async () => {
  const lab = labOver(UNREACHABLE, true);
  lab.start(false);
  const last = (await allOf(lab)).at(-1);
  expect(last?.rows.map(({ traffic }) => traffic)).toEqual(
    DOORS.map(() => ({ state: 'failed', why: { kind: 'signed-out' } })),
  );
});
