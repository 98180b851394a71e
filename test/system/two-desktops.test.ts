/** Two desktops and a relay over real sockets: the first minute of a team. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGround, type Ground } from '../kit/real-desktop.ts';

let ground: Ground;
beforeEach(() => {
  ground = createGround();
});
afterEach(() => ground.dispose());

test('a team is set up, joined by invite, and a message is on both screens once, with its tick', async () => {
  const ada = await ground.owner(await ground.relay());
  const ben = await ground.guest(ada, 'Ben');
  const general = ada.now.channel('general').id;
  for (const { now } of [ada, ben])
    await now.call('timeline.open', { team: now.team.team.id, channel: general, at: 'end' });
  const { id } = await ada.now.call('message.send', {
    team: ada.now.team.team.id,
    channel: general,
    text: 'Good evening, @ben',
  });
  await ada.now.until('Ada sees the tick', () =>
    ada.now.messages.some((row) => row.id === id && row.delivery.state === 'sent'),
  );
  await ben.now.until('Ben sees it', () => ben.now.messages.some((row) => row.id === id));
  expect(ben.now.messages.filter((row) => row.id === id)).toMatchObject([
    { text: 'Good evening, @ben', mentionsMe: true },
  ]);
  await ben.now.until('Ben is called', () => ben.now.channel('general').mentions === 1);
  await expect
    .poll(() => ben.now.notifier.shown)
    .toMatchObject([{ title: 'Ada · #general', body: 'Good evening, @ben' }]);
});

test('a direct conversation, a room and its guests are there for all who are in them', async () => {
  const ada = await ground.owner(await ground.relay());
  const ben = await ground.guest(ada, 'Ben');
  const [adas, bens] = [ada, ben].map(({ now }) => now.team.team);
  if (!adas || !bens) throw new Error('no team');
  const { channel: direct } = await ada.now.call('channel.direct', {
    team: adas.id,
    members: [bens.me],
  });
  expect(ada.now.team.channels[direct]).toMatchObject({
    kind: 'direct',
    with: [bens.me],
    isJoined: true,
  });
  await ada.now.call('message.send', { team: adas.id, channel: direct, text: 'just us' });
  await ben.now.until('Ben has it', () => ben.now.team.channels[direct]?.mentions === 1);
  expect(await ben.now.call('channel.direct', { team: bens.id, members: [adas.me] })).toEqual({
    channel: direct,
  });

  const { channel: ops } = await ada.now.call('channel.create', {
    team: adas.id,
    kind: 'public',
    name: ' Ops  room ',
    topic: 'pumps',
    members: [],
  });
  expect(ada.now.team.channels[ops]).toMatchObject({
    name: 'Ops room',
    topic: 'pumps',
    isJoined: true,
  });
  await ben.now.until('Ben may browse it', () => ben.now.team.channels[ops]?.isJoined === false);
  await ben.now.call('channel.join', { team: bens.id, channel: ops });
  expect(ben.now.team.channels[ops]?.isJoined).toBe(true);
  const { members } = await ada.now.call('channel.members', { team: adas.id, channel: ops });
  expect(members.map((member) => member.handle).sort()).toEqual(['ada', 'ben']);
  await ben.now.call('channel.leave', { team: bens.id, channel: ops });
  await ben.now.until('Ben has left', () => ben.now.team.channels[ops]?.isJoined === false);
});
