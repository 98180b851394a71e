/** A desktop and a relay over real sockets, with something in between that cuts lines on which nothing is said for a while. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LineRecordView } from '../../electron/bridge/line.ts';
import { startRelay, type Relay } from '../../server/relay.ts';
import { startImpatientProxy, type ImpatientProxy } from '../kit/impatient-proxy.ts';
import { createGround, PASSWORD, type Ground } from '../kit/real-desktop.ts';

const CUTS_AFTER_MS = 8_000;

let folder: string;
let relay: Relay;
let ground: Ground;
let proxy: ImpatientProxy;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landline-impatient-'));
  relay = await startRelay({ data: folder, tls: 'off' });
  proxy = await startImpatientProxy(relay.port, CUTS_AFTER_MS);
  ground = createGround();
});
afterEach(async () => {
  await ground.dispose();
  proxy.close();
  await relay.close();
  rmSync(folder, { recursive: true });
});

test('a desktop behind it loses two lines, and then keeps one', { timeout: 120_000 }, async () => {
  const { now } = await ground.desktop();
  const account = { handle: 'ada', name: 'Ada', password: PASSWORD, device: 'Desk' };
  const { address } = await now.call('relay.probe', { typed: `ws://127.0.0.1:${proxy.port}` });
  await now.call('team.setup', {
    address,
    fingerprint: null,
    code: relay.setupCode ?? '',
    teamName: 'Night shift',
    ...account,
  });
  const impatience = () =>
    now.team.team.wire.state === 'live' ? now.team.team.wire.impatience : undefined;
  await expect
    .poll(impatience, { timeout: 60_000, interval: 250 })
    .toMatchObject({ pingEveryMs: 5_000 });
  expect(Math.abs((impatience()?.cutAfterMs ?? 0) - CUTS_AFTER_MS)).toBeLessThan(1_000);
  const [since, lost] = [Date.now(), proxy.cuts];
  const record = async (): Promise<LineRecordView | null> =>
    now.call('line.record', { team: now.team.team.id, seen: -1 });
  const beats = async (): Promise<number> =>
    (await record())?.frames.filter(({ at, type }) => type === 'beat' && at >= since).length ?? 0;
  // Silences in between that would have cut it twice over.
  await expect.poll(beats, { timeout: 60_000, interval: 250 }).toBeGreaterThanOrEqual(3);
  expect(now.team.team.wire).toMatchObject({ state: 'live', door: 'socket' });
  expect([proxy.cuts, (await record())?.turns.filter(({ kind }) => kind === 'cut').length]).toEqual(
    [lost, lost],
  );
});
