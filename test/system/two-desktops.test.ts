/** Two desktops and a relay over real sockets: the first minute of a team. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createRelayNet } from '../../electron/core/connection/relay-socket.ts';
import { createSystemClock } from '../../electron/host/system-clock.ts';
import { startRelay, type Relay } from '../../server/relay.ts';
import { openTestDesktop, type TestDesktop } from '../kit/desktop-kit.ts';

const clock = createSystemClock();
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)), fraction: () => Math.random() };
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function relayOf(): Promise<Relay> {
  const data = mkdtempSync(join(tmpdir(), 'landline-relay-'));
  const relay = await startRelay({ data });
  ends.push(async () => {
    await relay.close();
    rmSync(data, { recursive: true, force: true });
  });
  return relay;
}

async function desktopOf(): Promise<TestDesktop> {
  const folder = mkdtempSync(join(tmpdir(), 'landline-desktop-'));
  const desktop = await openTestDesktop({ folder, clock, random, net: createRelayNet({ clock }) });
  ends.push(async () => {
    await desktop.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return desktop;
}

const isLive = (desktop: TestDesktop): boolean => {
  const { wire } = desktop.team.team;
  return wire.state === 'live' && !wire.isCatchingUp;
};

async function setUp(relay: Relay): Promise<TestDesktop> {
  const ada = await desktopOf();
  const typed = `landline://setup?relay=127.0.0.1:${relay.port}&code=${relay.setupCode}&key=${relay.fingerprint}`;
  const found = await ada.call('relay.probe', { typed });
  expect(found).toMatchObject({ needsSetup: true, isPinnedByInvite: true });
  const account = { name: 'Ada', handle: 'ada', password: 'correct horse', device: 'Desk' };
  await ada.call('team.setup', {
    address: found.address,
    fingerprint: found.fingerprint,
    code: found.invite?.code ?? '',
    teamName: 'Night shift',
    ...account,
  });
  await ada.until('Ada is live', () => isLive(ada));
  return ada;
}

async function joinBy(ada: TestDesktop): Promise<TestDesktop> {
  const { link } = await ada.call('invite.create', { team: ada.team.team.id, role: 'member', days: 7, uses: 1 });
  const ben = await desktopOf();
  const found = await ben.call('relay.probe', { typed: link });
  expect(found).toMatchObject({ teamName: 'Night shift', invite: { invitedBy: 'Ada' } });
  const account = { name: 'Ben', handle: 'ben', password: 'battery staple', device: 'Laptop' };
  await ben.call('team.join', { address: found.address, fingerprint: found.fingerprint, code: found.invite?.code ?? '', ...account });
  await ben.until('Ben is live', () => isLive(ben));
  return ben;
}

test('a team is set up, joined by invite, and a message is on both screens once, with its tick', async () => {
  const relay = await relayOf();
  const ada = await setUp(relay);
  const ben = await joinBy(ada);
  const general = ada.channel('general');
  for (const one of [ada, ben]) await one.call('timeline.open', { team: one.team.team.id, channel: general.id, at: 'end' });
  const { id } = await ada.call('message.send', { team: ada.team.team.id, channel: general.id, text: 'Good evening, @ben' });
  await ada.until('Ada sees the tick', () => ada.messages.some((row) => row.id === id && row.delivery.state === 'sent'));
  await ben.until('Ben sees it', () => ben.messages.some((row) => row.id === id));
  expect(ben.messages.filter((row) => row.id === id)).toMatchObject([{ text: 'Good evening, @ben', mentionsMe: true }]);
  await ben.until('Ben is called', () => ben.channel('general').mentions === 1);
  expect(ben.notifier.shown).toMatchObject([{ title: 'Ada · #general', body: 'Good evening, @ben' }]);
});
