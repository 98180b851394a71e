// Short runs told by hand, without chance: what a campaign once found, in its plainest form.
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CommandInput, CommandName, CommandOutput } from '../../electron/bridge/commands.ts';
import { FAIR } from '../kit/memory-net.ts';
import { readRelay } from '../kit/relay-read.ts';
import type { DesktopNode } from './desktop-node.ts';
import { makeTemplate, PASSWORD, type Template } from './template.ts';
import { createWorld, type Plant, type World } from './world.ts';

let template: Template;
let world: World;
let ada: DesktopNode;
let ben: DesktopNode;
/** Every frame on the wire so far, as `time computer -> frame`. */
let said: string[];

beforeAll(async () => {
  template = await makeTemplate();
});
afterAll(() => rmSync(template.folder, { recursive: true }));

beforeEach(() => begin());
async function begin(plant: Plant = {}): Promise<void> {
  const people = Object.fromEntries(
    ['ada-pc', 'ben-pc'].map((name) => [name, template.people[name] ?? '']),
  );
  said = [];
  world = createWorld({
    seed: 'story',
    template: template.folder,
    startAt: template.leftAt,
    people,
    plant,
    trace: (words) => said.push(words),
  });
  [ada, ben] = world.desktops as [DesktopNode, DesktopNode];
  world.relay.start();
  for (const desktop of world.desktops) desktop.start();
  await world.advance(1_000);
}
afterEach(async () => {
  await world.dispose();
  expect(world.broken).toEqual([]);
});

async function call<N extends CommandName>(
  desktop: DesktopNode,
  name: N,
  input: CommandInput<N>,
): Promise<CommandOutput<N>> {
  const answer = await world.wait(desktop.call(name, input));
  if (!answer?.ok) throw new Error(`${name}: ${JSON.stringify(answer)}`);
  return answer.value;
}
const here = (
  desktop: DesktopNode,
  name = 'general',
): { readonly team: string; readonly channel: string } => ({
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
  const deliveries = () =>
    rowsOf(ada).flatMap((row) => (row.type === 'message' ? [row.delivery] : []));
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
  for (const line of ada.computer.lines())
    line.cut({ clientHearsMs: 0, relayHearsMs: 0, isUpLate: false });
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
  expect(ben.channels().map(({ name, isJoined }) => ({ name, isJoined }))).toEqual([
    { name: 'general', isJoined: false },
  ]);
  expect(await ben.compareWindow()).toEqual([]);
});

test('who was told of a message is not told of it again after the relay went back to a backup, where its sender offers it again', async () => {
  const told = (): number =>
    world.history.all('toast').filter(({ computer }) => computer === 'ben-pc').length;
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
  expect(feeds.get(`channel/${here(ada).channel}`)?.events.at(-1)).toMatchObject({
    kind: 'posted',
    text: '@ben look',
  });
  expect(ben.channels()[0]).toMatchObject({ unread: 1, mentions: 1 });
  expect(told()).toBe(1);
});

test('a window that learns of a message before it has it shows the hole', async () => {
  await call(ben, 'timeline.open', { ...here(ben), at: 'end' });
  // The welcome names the head, and now and then the page takes its time.
  world.net.weather = { ...FAIR, leastDelayMs: 0, mostDelayMs: 1_000 };
  let hasSeenHole = false;
  for (let round = 0; round < 8; round++) {
    for (const line of ben.computer.lines())
      line.cut({ clientHearsMs: 0, relayHearsMs: 0, isUpLate: false });
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

test('who signs in again twice at once has one line, as before', async () => {
  const { team } = here(ada);
  await call(ada, 'team.sign-out', { team, forget: false });
  await world.advance(1_000);
  expect(ada.computer.lines()).toHaveLength(0);
  await Promise.all(
    [1, 2].map(() => call(ada, 'team.sign-in-again', { team, password: PASSWORD })),
  );
  await world.advance(1_000);
  expect(ada.computer.lines()).toHaveLength(1);
});

describe('after the relay went back to a backup', () => {
  /** The channel, as it is known before. */
  let place: ReturnType<typeof here>;
  const send = async (text: string): Promise<string> =>
    (await call(ada, 'message.send', { ...place, text })).id;
  const untilSaid = async (): Promise<void> => {
    do await world.advance(1_000);
    while ((ada.team?.team.outbox.waiting ?? 1) > 0);
  };
  /** Sends so many messages that are in the backup, and so many that are not, and restores it. @returns the ids of these */
  const lose = async ({
    kept,
    lost,
  }: {
    readonly kept: number;
    readonly lost: number;
  }): Promise<readonly string[]> => {
    place = here(ada);
    for (let n = 0; n < kept; n++) await send(`kept ${n}`);
    await untilSaid();
    // What is unread would be fetched, and so be known to be there.
    await call(ada, 'read.mark', { ...place, seq: 1_000_000 });
    await untilSaid();
    await world.wait(world.relay.backUp());
    const ids: string[] = [];
    for (let n = 0; n < lost; n++) ids.push(await send(`lost ${n}`));
    await untilSaid();
    world.relay.goBack();
    world.history.add({ kind: 'restored' });
    await world.advance(100);
    said.length = 0;
    world.relay.start();
    return ids;
  };
  /** The messages of the channel, as the relay has them. */
  const onRelay = (): readonly string[] =>
    readRelay(world.relay.storePath)
      .feeds.get(`channel/${place.channel}`)
      ?.events.flatMap((event) => (event.kind === 'posted' ? [event.text] : [])) ?? [];
  const indexOf = (...parts: readonly string[]): number =>
    said.findIndex(
      (line) => line.includes(' ada-pc ') && parts.every((part) => line.includes(part)),
    );
  const momentOf = (...parts: readonly string[]): number =>
    1_000 * Number(said[indexOf(...parts)]?.split(' ')[0]);
  /** What Ada's computer had said, by kind, when this operation was acknowledged. */
  const saidUntil = (op: string): Readonly<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const line of said.slice(0, indexOf('<- {"t":"ack"', op))) {
      const kind = /ada-pc -> \{"t":"([a-z-]+)"/.exec(line)?.[1];
      if (kind !== undefined) counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  };

  test('of a thousand messages three that are lost are said again, and what is new follows them', async () => {
    await lose({ kept: 997, lost: 3 });
    const last = await send('and now this');
    await world.advance(30_000);
    expect([onRelay().length, onRelay().slice(-5)]).toEqual([
      1_001,
      ['kept 996', 'lost 0', 'lost 1', 'lost 2', 'and now this'],
    ]);
    expect(saidUntil(last)).toEqual({ hello: 1, missing: 2, post: 4 });
  });

  test('a relay that cannot say what it lost is said all that is in doubt, and what is new does not wait for it', async () => {
    await world.dispose();
    await begin({
      filter: ({ way, text }) => [
        way === 'up' ? text.replace('{"t":"missing"', '{"t":"unheard-of"') : text,
      ],
    });
    await lose({ kept: 997, lost: 3 });
    const last = await send('and now this');
    await world.advance(120_000);
    expect([onRelay().length, new Set(onRelay()).size, onRelay().slice(-3)]).toEqual([
      1_001,
      1_001,
      ['lost 0', 'lost 1', 'lost 2'],
    ]);
    expect(saidUntil(last)['missing']).toBe(1);
    expect(momentOf('<- {"t":"ack"', last) - momentOf('<- {"t":"caught-up"')).toBeLessThan(1_500);
  });

  test('what is written while hundreds are said again is there at once, and a change to one of them comes after it', async () => {
    const ids = await lose({ kept: 1, lost: 300 });
    await world.advance(5_000);
    const last = ids.at(-1) ?? '';
    await call(ada, 'message.edit', { ...place, message: last, text: 'lost and changed' });
    const pressedAt = world.clock.monotonic();
    const fresh = await send('fresh');
    await world.advance(1_000);
    expect(momentOf('<- {"t":"ack"', fresh) - pressedAt).toBeLessThan(200);
    expect(onRelay()).not.toContain('lost 299');
    await world.advance(60_000);
    const lost = onRelay().filter((text) => text.startsWith('lost'));
    expect(lost).toEqual([
      ...Array.from({ length: 299 }, (_, n) => `lost ${n}`),
      'lost and changed',
    ]);
    expect(ada.team?.team.outbox).toEqual({ waiting: 0, failed: 0 });
  });

  test('what somebody else had deleted is not said again', async () => {
    await world.wait(world.relay.backUp());
    const { id } = await call(ben, 'message.send', { ...here(ben), text: 'better not said' });
    await call(ben, 'message.send', { ...here(ben), text: 'fine' });
    await world.advance(1_000);
    await call(ada, 'message.delete', { ...here(ada), message: id });
    await world.advance(1_000);
    place = here(ada);
    world.relay.goBack();
    world.history.add({ kind: 'restored' });
    // She who could delete it again is away.
    ada.kill(true);
    world.relay.start();
    await world.advance(30_000);
    expect(onRelay()).toEqual(['fine']);
  });

  test('Enter is held while nothing is known of any channel, and so is a change', async () => {
    const [first = ''] = await lose({ kept: 1, lost: 1 });
    // The welcome is there, and what follows it takes its time.
    world.net.weather = { ...FAIR, leastDelayMs: 100, mostDelayMs: 1_000 };
    for (let tries = 0; tries < 20_000 && ada.channels().length > 0; tries++)
      await world.advance(1);
    await call(ada, 'message.edit', { ...place, message: first, text: 'changed meanwhile' });
    await send('said meanwhile');
    expect(ada.channels()).toEqual([]);
    expect(ada.team?.team.wire).toMatchObject({ state: 'live' });
    await world.advance(5_000);
    expect(onRelay()).toEqual(['kept 0', 'changed meanwhile', 'said meanwhile']);
    expect(ada.team?.team.outbox).toEqual({ waiting: 0, failed: 0 });
  });
});
