import { expect, it } from 'vitest';
import { LONGEST_CODE, LONGEST_CODE_WORD, MOST_RUNS } from './bounds.ts';
import { highlight } from './highlight.ts';

it('colours code in runs that together are the code', () => {
  const code = "for await (const event of stream) { apply('x', 42); } // done";
  const runs = highlight(code, 'ts');
  expect(runs?.map((run) => run.text).join('')).toBe(code);
  expect(runs).toEqual(
    expect.arrayContaining([
      { shade: 'keyword', text: 'for' },
      { shade: 'string', text: "'x'" },
      { shade: 'number', text: '42' },
      { shade: 'comment', text: '// done' },
    ]),
  );
});

it('colours one language within another, losing nothing', () => {
  const code = '<style>a { color: red }</style><script>let a = 1;</script>';
  expect(
    highlight(code, 'html')
      ?.map((run) => run.text)
      .join(''),
  ).toBe(code);
});

it('leaves unknown languages, long blocks and what falls into very many runs plain', () => {
  expect(highlight('x', 'nothing-of-the-kind')).toBeNull();
  expect(highlight('x '.repeat(LONGEST_CODE / 2), 'ts')).not.toBeNull();
  expect(highlight('x '.repeat(LONGEST_CODE / 2 + 1), 'ts')).toBeNull();
  expect(highlight('1 '.repeat(MOST_RUNS / 2), 'ts')).not.toBeNull();
  expect(highlight('1 '.repeat(MOST_RUNS / 2 + 1), 'ts')).toBeNull();
});

it.each(['java', 'ts', 'php', 'ini', 'c', 'js', 'sql', 'xml'])(
  'hands no word beyond the bound to the grammar of %s',
  (language) => {
    const key = (length: number): string => `const key = "${'A'.repeat(length - 3)}";\nx();\n`;
    expect(highlight(key(LONGEST_CODE_WORD), language)).not.toBeNull();
    expect(highlight(key(LONGEST_CODE_WORD + 1), language)).toBeNull();
    expect(highlight('$'.repeat(11_800), language)).toBeNull();
  },
);

it('keeps markup in code as letters', () => {
  const runs = highlight('<img src=x onerror=alert(1)>', 'xml');
  expect(runs?.map((run) => run.text).join('')).toBe('<img src=x onerror=alert(1)>');
});
