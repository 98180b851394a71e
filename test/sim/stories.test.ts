// Short runs told by hand, without chance: what a campaign once found, in its plainest form.
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CommandInput, CommandName, CommandOutput } from '../../electron/bridge/commands.ts';
import { FAIR } from '../kit/memory-net.ts';
import { readRelay } from '../kit/relay-read.ts';
import type { DesktopNode } from './desktop-node.ts';
import { makeTemplate, type Template } from './template.ts';
import { createWorld, type World } from './world.ts';

let template: Template;
let world: World;
let ada: DesktopNode;
let ben: DesktopNode;

beforeAll(async () => {
  template = await makeTemplate();
});
afterAll(() => rmSync(template.folder, { recursive: true }));

beforeEach(async () => {
  const people = Object.fromEntries(['ada-pc', 'ben-pc'].map((name) => [name, template.people[name] ?? '']));
  world = createWorld({ seed: 'story', template: template.folder, startAt: template.leftAt, people });
  [ada, ben] = world.desktops as [DesktopNode, DesktopNode];
  world.relay.start();
  for (const desktop of world.desktops) desktop.start();
  await world.advance(1_000);
});
afterEach(async () => {
  await world.dispose();
  expect(world.broken).toEqual([]);
});

async function call<N extends CommandName>(desktop: DesktopNode, name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
  const answer = await world.wait(desktop.call(name, input));
  if (!answer?.ok) throw new Error(`${name}: ${JSON.stringify(answer)}`);
  return answer.value;
}
const here = (desktop: DesktopNode, name = 'general'): { readonly team: string; readonly channel: string } => ({
  team: desktop.team?.team.id ?? '',
  channel: desktop.channels().find((channel) => channel.name === name)?.id ?? '',
});
const rowsOf = (desktop: DesktopNode) => desktop.state?.timeline?.rows ?? [];

test('a window that shows a channel shows nothing of it any more when its person was taken out', async () => {
  await call(ada, 'channel.create', {
    team: here(ada).team,
    kind: 'private',
    name: 'plans',
    topic: '',
    members: [world.memberAt('ben-pc')],
  });
  await call(ada, 'message.send', { ...here(ada, 'plans'), text: 'between us' });
  await world.advance(1_000);
  await call(ben, 'timeline.open', { ...here(ben, 'plans'), at: 'end' });
  await world.advance(100);
  expect(rowsOf(ben)).toHaveLength(2);
  await call(ada, 'channel.remove', { ...here(ada, 'plans'), member: world.memberAt('ben-pc') });
  await world.advance(1_000);
  expect(rowsOf(ben)).toEqual([]);
  expect(await ben.compareWindow()).toEqual([]);
});

test('a second message stops waiting when the first one has gone', async () => {
  await call(ada, 'timeline.open', { ...here(ada), at: 'end' });
  world.net.weather = { ...FAIR, leastDelayMs: 500, mostDelayMs: 500 };
  for (const text of ['one', 'two']) await call(ada, 'message.send', { ...here(ada), text });
  const deliveries = () => rowsOf(ada).flatMap((row) => (row.type === 'message' ? [row.delivery] : []));
  await world.advance(500);
  expect(deliveries()).toEqual([
    { state: 'sending', isWaiting: false },
    { state: 'sending', isWaiting: true },
  ]);
  await world.advance(700);
  expect(deliveries()).toEqual([{ state: 'sent' }, { state: 'sending', isWaiting: false }]);
});

test('while a line is being made, asking twice gives one answer', async () => {
  world.net.weather = { ...FAIR, lost: 1 };
  for (const line of ada.computer.lines()) line.cut({ clientHearsMs: 0, relayHearsMs: 0, isUpLate: false });
  let compared = 0;
  for (let tries = 0; tries < 100; tries++) {
    await world.advance(333);
    const found = await ada.compareWindow();
    if (found) compared++;
    expect(found ?? []).toEqual([]);
  }
  expect(compared).toBeGreaterThan(50);
});

test('a message whose sender was taken out of the channel before they heard of its acknowledgement is sent all the same', async () => {
  const [line] = ben.computer.lines();
  line?.down.hole();
  await call(ben, 'message.send', { ...here(ben), text: 'my last words here' });
  await world.advance(100);
  await call(ada, 'channel.remove', { ...here(ada), member: world.memberAt('ben-pc') });
  line?.cut({ clientHearsMs: 0, relayHearsMs: 0, isUpLate: false });
  await world.advance(5_000);
  expect(ben.team?.team.outbox).toEqual({ waiting: 0, failed: 0 });
  expect(ben.channels().map(({ name, isJoined }) => ({ name, isJoined }))).toEqual([{ name: 'general', isJoined: false }]);
  expect(await ben.compareWindow()).toEqual([]);
});

test('who was told of a message is not told of it again after the relay went back to a backup, where its sender offers it again', async () => {
  const told = (): number => world.history.all('toast').filter(({ computer }) => computer === 'ben-pc').length;
  await world.wait(world.relay.backUp());
  await call(ada, 'message.send', { ...here(ada), text: '@ben look' });
  await world.advance(1_000);
  expect(told()).toBe(1);
  world.relay.goBack();
  world.history.add({ kind: 'restored' });
  ada.kill(true);
  world.relay.start();
  // He is back first, so what she offers is news to him.
  await world.advance(30_000);
  ada.start();
  await world.advance(5_000);
  const { feeds } = readRelay(world.relay.storePath);
  expect(feeds.get(`channel/${here(ada).channel}`)?.events.at(-1)).toMatchObject({ kind: 'posted', text: '@ben look' });
  expect(ben.channels()[0]).toMatchObject({ unread: 1, mentions: 1 });
  expect(told()).toBe(1);
});

test('a window that learns of a message before it has it shows the hole', async () => {
  await call(ben, 'timeline.open', { ...here(ben), at: 'end' });
  // The welcome names the head, and now and then the page takes its time.
  world.net.weather = { ...FAIR, leastDelayMs: 0, mostDelayMs: 1_000 };
  let hasSeenHole = false;
  for (let round = 0; round < 8; round++) {
    for (const line of ben.computer.lines()) line.cut({ clientHearsMs: 0, relayHearsMs: 0, isUpLate: false });
    await call(ada, 'message.send', { ...here(ada), text: `while you were away ${round}` });
    for (let tries = 0; tries < 200; tries++) {
      await world.advance(30);
      hasSeenHole ||= rowsOf(ben).some(({ type }) => type === 'hole');
      expect((await ben.compareWindow()) ?? []).toEqual([]);
    }
  }
  expect(hasSeenHole).toBe(true);
  expect(rowsOf(ben).at(-1)).toMatchObject({ text: 'while you were away 7' });
});
