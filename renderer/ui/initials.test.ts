import { expect, it } from 'vitest';
import { initialsOf } from './initials.ts';

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
