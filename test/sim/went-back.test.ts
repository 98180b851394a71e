// A relay whose store goes back in time without a word: files put back by hand, a snapshot of the disk, a disk that lied. Told by hand.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readRelay } from '../kit/relay-read.ts';
import type { DesktopNode } from './desktop-node.ts';
import { makeTemplate, type Template } from './template.ts';
import { createWorld, type World } from './world.ts';

let template: Template;
let world: World;
let [ada, ben, cho]: [DesktopNode, DesktopNode, DesktopNode] = [] as never;
let channel: string;
let firstEpoch: string;

beforeAll(async () => {
  template = await makeTemplate();
});
afterAll(() => rmSync(template.folder, { recursive: true }));

beforeEach(async () => {
  const names = ['ada-pc', 'ben-pc', 'cho-pc'];
  world = createWorld({
    seed: 'went back',
    template: template.folder,
    startAt: template.leftAt,
    people: Object.fromEntries(names.map((name) => [name, template.people[name] ?? ''])),
  });
  [ada, ben, cho] = world.desktops as [DesktopNode, DesktopNode, DesktopNode];
  world.relay.start();
  for (const desktop of world.desktops) desktop.start();
  await world.advance(1_000);
  channel = ada.channels().find(({ name }) => name === 'general')?.id ?? '';
  firstEpoch = readRelay(world.relay.storePath).epoch;
});
afterEach(async () => {
  await world.dispose();
  expect(world.broken).toEqual([]);
});

async function say(desktop: DesktopNode, ...texts: readonly string[]): Promise<void> {
  const team = desktop.team?.team.id ?? '';
  for (const text of texts) {
    await world.wait(desktop.call('message.send', { team, channel, text }));
    await world.advance(100);
  }
}
async function stopRelay(): Promise<void> {
  const stopping = world.relay.stop();
  await world.advance(15_000);
  await stopping;
}
async function close(...desktops: readonly DesktopNode[]): Promise<void> {
  for (const desktop of desktops) await world.wait(desktop.stop());
}

/** What the channel says on the relay's disk. */
const onRelay = (): readonly string[] =>
  (readRelay(world.relay.storePath).feeds.get(`channel/${channel}`)?.events ?? []).flatMap(
    (event) => (event.kind === 'posted' ? [event.text] : []),
  );

/** What the channel says there, and in the window of each desktop. */
async function read(): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = { relay: onRelay() };
  for (const desktop of world.desktops) {
    const team = desktop.team?.team.id ?? '';
    await world.wait(desktop.call('timeline.open', { team, channel, at: 'end' }));
    await world.advance(100);
    found[desktop.name] = (desktop.state?.timeline?.rows ?? []).flatMap((row) =>
      row.type === 'message' ? [row.text] : [],
    );
  }
  return found;
}
const onAll = (...texts: readonly string[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(['relay', 'ada-pc', 'ben-pc', 'cho-pc'].map((who) => [who, texts]));
const epochNow = (): string => readRelay(world.relay.storePath).epoch;

test('files put back by hand while all was down: everybody reads the same, and what was lost is there again', async () => {
  await say(ada, 'one', 'two');
  await stopRelay();
  world.relay.copyByHand();
  world.relay.start();
  await world.advance(30_000);
  await say(ada, 'three');
  await say(ben, 'four');
  await close(ben, cho);
  await stopRelay();
  expect(world.relay.putCopyBack()).toBe(true);
  world.relay.start();
  await world.advance(60_000);
  await say(ada, 'five', 'six');
  for (const desktop of [ben, cho]) desktop.start();
  await world.advance(30_000);
  expect(await read()).toEqual(onAll('one', 'two', 'three', 'five', 'six', 'four'));
  expect(epochNow()).not.toBe(firstEpoch);
});

test('the same, where the store has grown beyond what it had lost before anybody came who had it', async () => {
  await say(ada, 'one', 'two');
  await close(ada);
  world.relay.copyByHand();
  await say(ben, 'three', 'four');
  await close(ben, cho);
  world.relay.putCopyBack();
  world.relay.kill(false);
  world.relay.start();
  ada.start();
  await world.advance(5_000);
  // She has nothing that the store does not have.
  expect(epochNow()).toBe(firstEpoch);
  await say(ada, 'five', 'six', 'seven');
  for (const desktop of [cho, ben]) desktop.start();
  await world.advance(30_000);
  expect(await read()).toEqual(onAll('one', 'two', 'five', 'six', 'seven', 'three', 'four'));
});

test('a relay that runs while its files are put back goes on, and is found out at its next start', async () => {
  await say(ada, 'one');
  world.relay.copyByHand();
  await say(ben, 'two');
  world.relay.putCopyBack();
  await say(cho, 'three');
  expect(await read()).toEqual(onAll('one', 'two', 'three'));
  await stopRelay();
  expect(onRelay()).toEqual(['one']);
  world.relay.start();
  await world.advance(30_000);
  expect(new Set(onRelay())).toEqual(new Set(['one', 'two', 'three']));
  expect(await read()).toEqual(onAll(...onRelay()));
  expect(epochNow()).not.toBe(firstEpoch);
});

test('a disk that lied: the last seconds before the power cut are there again, though no heartbeat had proved them', async () => {
  await say(ada, 'one');
  await close(cho);
  // Everybody holds the proof of this.
  await world.advance(30_000);
  world.relay.stopKeeping();
  await say(ada, 'two');
  await say(ben, 'three');
  ada.kill(true);
  ben.kill(true);
  world.relay.kill(false);
  world.relay.start();
  cho.start();
  await world.advance(5_000);
  await say(cho, 'four', 'five', 'six');
  ada.start();
  ben.start();
  await world.advance(30_000);
  expect(await read()).toEqual(onAll('one', 'four', 'five', 'six', 'two', 'three'));
  // Nobody could prove it: each began anew alone.
  expect(epochNow()).toBe(firstEpoch);
});

test('whoever lost their own cache gets back what they had sent as soon as another proves the loss', async () => {
  await say(ada, 'one');
  world.relay.copyByHand();
  await say(ben, 'two');
  await world.advance(30_000);
  await close(ada, ben, cho);
  for (const part of ['', '-wal', '-shm'])
    rmSync(join(ben.dataFolder, `cache.db${part}`), { force: true });
  world.relay.putCopyBack();
  world.relay.kill(false);
  world.relay.start();
  ben.start();
  await world.advance(5_000);
  // He holds nothing that could show it.
  expect(onRelay()).toEqual(['one']);
  cho.start();
  await world.advance(60_000);
  ada.start();
  await world.advance(30_000);
  expect(await read()).toEqual(onAll('one', 'two'));
});

test('with a new position key each begins anew alone, and nothing is lost', async () => {
  await say(ada, 'one');
  world.relay.copyByHand();
  await say(ben, 'two');
  await world.advance(30_000);
  world.relay.putCopyBack();
  world.relay.kill(false);
  rmSync(join(dirname(world.relay.storePath), 'position-key.json'));
  world.relay.start();
  await world.advance(60_000);
  expect(await read()).toEqual(onAll('one', 'two'));
  expect(epochNow()).toBe(firstEpoch);
});

test('with a new position key and all else as it was, nobody begins anew', async () => {
  await say(ada, 'one');
  await stopRelay();
  rmSync(join(dirname(world.relay.storePath), 'position-key.json'));
  world.relay.start();
  // A desktop that began anew would be a broken promise here: the store never went back.
  await world.advance(60_000);
  await say(ben, 'two');
  expect(await read()).toEqual(onAll('one', 'two'));
  expect(epochNow()).toBe(firstEpoch);
});
