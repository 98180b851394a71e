/**
 * A relay with another key takes a team over: what a person agreed to reaches it, and nothing else
 * of the old one.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { channelFeed, type ChannelId } from '../../protocol/ids.ts';
import { startRelay, type Relay } from '../../server/relay.ts';
import { freePort } from '../kit/free-port.ts';
import {
  createGround,
  isLive,
  PASSWORD,
  type Ground,
  type RealDesktop,
  type RealRelay,
} from '../kit/real-desktop.ts';

let ground: Ground;
let relay: RealRelay;
let ada: RealDesktop;
let stranger: Relay;
let folder: string;
beforeEach(async () => {
  ground = createGround();
  relay = await ground.relay();
  ada = await ground.owner(relay);
  // The stranger has an old copy of the store, and with it every id; but not the key.
  folder = mkdtempSync(join(tmpdir(), 'landline-stranger-'));
  const copy = join(relay.data, 'copy.sqlite');
  await relay.now.store.backup(copy);
  copyFileSync(copy, join(folder, 'team.sqlite'));
  stranger = await startRelay({ data: folder, port: await freePort() });
});
afterEach(async () => {
  await stranger.close();
  rmSync(folder, { recursive: true, force: true });
  await ground.dispose();
});

const team = (): string => ada.now.team.team.id;
const general = (): ChannelId => ada.now.channel('general').id as ChannelId;
const send = (text: string): Promise<{ readonly id: string }> =>
  ada.now.call('message.send', { team: team(), channel: general(), text });
const settled = (): boolean => isLive(ada) && ada.now.team.team.outbox.waiting === 0;
/** The texts of all messages in the relay's store. */
const textsAt = async ({ store }: Relay): Promise<readonly string[]> => {
  const all = { from: 1, to: Number.MAX_SAFE_INTEGER };
  const page = await store.page(channelFeed(general()), all, { events: 200, bytes: 1e6 });
  return page.events.flatMap(({ json }) => (JSON.parse(json) as { text?: string }).text ?? []);
};

test('what the old relay acknowledged stays there; unsent messages and drafts go on', async () => {
  await ada.now.call('timeline.open', { team: team(), channel: general(), at: 'end' });
  const { id } = await send('acknowledged');
  const row = () => ada.now.messages.find((message) => message.id === id);
  await ada.now.until('it is acknowledged', () => row()?.delivery.state === 'sent');
  await relay.stop();
  await send('never sent');
  await ada.now.call('draft.set', { team: team(), channel: general(), text: 'half' });
  await ada.now.call('team.sign-out', { team: team(), forget: false });

  const found = await ada.now.call('relay.probe', { typed: `127.0.0.1:${stranger.port}` });
  const at = {
    address: found.address,
    fingerprint: found.fingerprint,
    handle: 'ada',
    password: PASSWORD,
    device: 'Desk',
  };
  expect(await ada.now.refused('team.sign-in', at)).toMatchObject({ kind: 'replaces-team' });
  expect(await textsAt(stranger)).toEqual([]);

  await ada.now.call('team.sign-in', { ...at, replaces: found.replaces?.trust });
  await ada.now.until('the new relay has all it gets', settled);
  expect(await textsAt(stranger)).toEqual(['never sent']);
  expect(await ada.now.call('draft.get', { team: team(), channel: general() })).toEqual({
    text: 'half',
    original: null,
  });

  // Back at the old one, which has lost it meanwhile: that one gets it again.
  const lost = join(relay.data, 'copy.sqlite');
  copyFileSync(lost, join(relay.data, 'team.sqlite'));
  for (const part of ['-wal', '-shm'])
    rmSync(join(relay.data, `team.sqlite${part}`), { force: true });
  await relay.start();
  const back = await ada.now.call('relay.probe', { typed: relay.address });
  await ada.now.call('team.sign-in', {
    ...at,
    address: back.address,
    fingerprint: back.fingerprint,
    replaces: back.replaces?.trust,
  });
  await expect.poll(() => textsAt(relay.now), { timeout: 20_000 }).toEqual(['acknowledged']);
});
