import { expect, it } from 'vitest';
import { demoWorld, TEAM } from '../../dev/demo-world.ts';
import { createWords } from '../../i18n/words.ts';
import { channelTitle } from '../shell/channel-title.ts';
import { findPlaces } from './find-places.ts';

const { state } = demoWorld({ now: 1_800_000_000_000 });
const words = createWords('en');
const find = (typed: string): readonly string[] =>
  findPlaces(typed, {
    teams: Object.values(state.teams),
    current: TEAM,
    titleOf: (channel, team) => channelTitle(channel, team.members, words),
  }).map(
    (place) =>
      `${place.team.team.id}:${place.kind === 'channel' ? place.title : `@${place.member.handle}`}`,
  );

it('shows what calls first where nothing is typed, and nobody one does not talk to', () => {
  expect(find('').slice(0, 4)).toEqual(['tw:launch', 'tw:林佳穎', 'tw:design', 'hx:general']);
  expect(find('').some((one) => one.includes('lunch') || one.includes('@'))).toBe(false);
});

it('finds channels of every team, the one on screen first', () => {
  expect(find('gen')).toEqual(['tw:general', 'hx:general']);
});

it('finds by any part of a name, in any script, and what is not joined yet', () => {
  expect(find('討論')).toEqual(['tw:工程討論']);
  expect(find('lunch')).toEqual(['tw:lunch']);
  expect(find('佳')[0]).toBe('tw:林佳穎');
});

it('offers a person once: as the conversation where there is one', () => {
  expect(find('mateo').filter((one) => one.startsWith('tw:'))).toEqual([
    'tw:Mateo Ruiz',
    'tw:Mateo Ruiz, Ada Okafor and 林佳穎',
  ]);
  expect(find('omar')).toEqual([]);
  expect(find('عمر')).toEqual(['tw:@عمر']);
});

it('a sign narrows it to channels or people', () => {
  expect(find('#la')).toEqual(['tw:launch', 'tw:plant-sensors']);
  expect(find('@wen')).toEqual(['tw:@wen']);
});
