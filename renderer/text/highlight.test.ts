import { expect, it } from 'vitest';
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

it('leaves unknown languages and long blocks plain', () => {
  expect(highlight('x', 'nothing-of-the-kind')).toBeNull();
  expect(highlight('x'.repeat(20_000), 'ts')).toBeNull();
});

it('keeps markup in code as letters', () => {
  const runs = highlight('<img src=x onerror=alert(1)>', 'xml');
  expect(runs?.map((run) => run.text).join('')).toBe('<img src=x onerror=alert(1)>');
});
