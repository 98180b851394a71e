import { expect, it } from 'vitest';
import { hueOf, HUES, initialsOf } from './initials.ts';

it.each([
  ['Mateo Ruiz', 'MR'],
  ['Ada', 'Ad'],
  ['林佳穎', '佳'],
  ['王明', '明'],
  ['佐藤ゆき', '藤'],
  ['Priya N.', 'PN'],
  ['press-line-2', 'P2'],
  ['  ', '?'],
  ['🙂', '🙂'],
  ['عمر الفاروق', 'عا'],
])('%j stands as %s', (name, initials) => expect(initialsOf(name)).toBe(initials));

it('a colour belongs to an id for ever', () => {
  expect(hueOf('ada')).toBe(hueOf('ada'));
  for (const id of ['a', 'b', 'c', '00000000-0000-0000-0000-000000000000']) expect(hueOf(id)).toBeLessThan(HUES);
});
