import { expect, it } from 'vitest';
import { format, type Mark } from './format.ts';

/** `|` stands for the ends of the selection. */
const apply = (marked: string, mark: Mark): string => {
  const from = marked.indexOf('|');
  const to = marked.lastIndexOf('|') - 1;
  const made = format({ text: marked.replaceAll('|', ''), from, to }, mark);
  return `${made.text.slice(0, made.from)}|${made.text.slice(made.from, made.to)}|${made.text.slice(made.to)}`;
};

it.each<readonly [string, Mark, string]>([
  ['a |word| b', 'bold', 'a **|word|** b'],
  ['a **|word|** b', 'bold', 'a |word| b'],
  ['a |**word**| b', 'bold', 'a |word| b'],
  ['a | word | b', 'italic', 'a  _|word|_  b'],
  ['||', 'code', '`||`'],
  ['|字|', 'bold', '**|字|**'],
  ['x|a\nb|y', 'code', 'x\n```\n|a\nb|\n```\ny'],
  ['|a\nb|', 'code', '```\n|a\nb|\n```'],
])('%j made %s is %j', (before, mark, after) => expect(apply(before, mark)).toBe(after));
