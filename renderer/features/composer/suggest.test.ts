import { describe, expect, it } from 'vitest';
import { PEOPLE } from '../../dev/demo-world.ts';
import { newChannel } from '../../dev/fake-channels.ts';
import { askedAt, complete, suggest } from './suggest.ts';

const channels = [
  newChannel('launch', {}),
  newChannel('design', {}),
  newChannel('talks', { name: '工程討論' }),
  newChannel('old', { isArchived: true }),
];
const all = { members: PEOPLE, channels, me: 'priya', hasEveryone: true };
const names = (text: string, more: Partial<typeof all> = {}): readonly string[] => {
  const asked = askedAt(text, text.length);
  return asked === null ? [] : suggest(asked, { ...all, ...more }).map((one) => one.insert);
};

describe('what is being named', () => {
  it.each([
    ['hello @ma', '@', 'ma'],
    ['請@佳', '@', '佳'],
    ['@', '@', ''],
    ['see #工程', '#', '工程'],
  ])('%j asks', (text, sign, typed) =>
    expect(askedAt(text, text.length)).toMatchObject({ sign, typed }),
  );

  it.each(['mail me@example', 'a/@x', '`@ma', '```\n@ma', '@ma ', '&#x', 'http://a/#ma'])(
    '%j asks nothing',
    (text) => expect(askedAt(text, text.length)).toBeNull(),
  );

  it('is found at the caret, not only at the end', () => {
    expect(askedAt('hi @ma and more', 6)).toMatchObject({ typed: 'ma', from: 3, to: 6 });
  });
});

describe('suggestions', () => {
  it('match names and handles, whole beginnings first, without oneself and the deactivated', () => {
    expect(names('@ma')).toEqual(['@mateo']);
    expect(names('@佳')).toEqual(['@佳穎']);
    expect(names('@穎')).toEqual(['@佳穎']);
    expect(names('@okafor')).toEqual(['@ada.okafor']);
    expect(names('@sven')).toEqual([]);
    expect(names('@priya')).toEqual([]);
  });

  it('offer here and channel where more than two listen', () => {
    expect(names('@he')).toEqual(['@here']);
    expect(names('@he', { hasEveryone: false })).toEqual([]);
  });

  it('name channels that are open', () => {
    expect(names('#')).toEqual(['#launch', '#design', '#工程討論']);
    expect(names('#des')).toEqual(['#design']);
  });

  it('are put in with one space after them', () => {
    const asked = askedAt('請 @ma', 5)!;
    const [first] = suggest(asked, all);
    expect(complete('請 @ma看', asked, first!)).toEqual({ text: '請 @mateo 看', caret: 9 });
    expect(complete('請 @ma 看', asked, first!)).toEqual({ text: '請 @mateo 看', caret: 9 });
  });
});
