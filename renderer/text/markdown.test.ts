import { describe, expect, it } from 'vitest';
import { parseMarkdown, toPlainText, type Block, type Inline } from './markdown.ts';
import type { Known } from './mentions.ts';

const known: Known = {
  isHandle: (handle) => ['priya', '佳穎', 'ada.okafor'].includes(handle),
  isChannel: (name) => ['design', '工程討論'].includes(name),
};
const parse = (text: string): readonly Block[] => parseMarkdown(text, known);

function* inlinesOf(blocks: readonly Block[]): Generator<Inline> {
  for (const block of blocks) {
    if (block.type === 'paragraph' || block.type === 'heading') yield* deep(block.children);
    else if (block.type === 'quote') yield* inlinesOf(block.children);
    else if (block.type === 'list') for (const item of block.items) yield* inlinesOf(item.children);
    else if (block.type === 'table')
      for (const cell of [...block.head, ...block.rows.flat()]) yield* deep(cell.children);
  }
}
function* deep(children: readonly Inline[]): Generator<Inline> {
  for (const one of children) {
    yield one;
    if ('children' in one) yield* deep(one.children);
  }
}
const linksIn = (text: string): readonly string[] =>
  [...inlinesOf(parse(text))].flatMap((one) => (one.type === 'link' ? [one.href] : []));

describe('what becomes a link', () => {
  const NEVER = [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'JaVa\tscript:alert(1)',
    'java\nscript:alert(1)',
    ' javascript:alert(1)',
    '&#106;avascript:alert(1)',
    'javascript&colon;alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'smb://host/share',
    '\\\\host\\share',
    '//host/share',
    'ms-msdt:/id',
    'search-ms:query=x',
    'ms-officecmd:{}',
    'ms-appinstaller:?source=x',
    'vscode://file/x',
    'landline://join?relay=x',
    'blob:https://example.com/1',
    'http://user@evil.example',
    'https://user:secret@evil.example/',
    'https://example.com/\u202Egnp.exe',
    'https://exa\u200Bmple.com/',
    'ftp://example.com/',
    'tel:112',
    'about:blank',
    'chrome://settings',
    'https:///nowhere',
    'http://',
    `https://example.com/${'a'.repeat(3000)}`,
  ];
  it.each(NEVER)('%j is no link, in any spelling of Markdown', (address) => {
    for (const text of [
      `[x](${address})`,
      `[x](<${address}>)`,
      `<${address}>`,
      address,
      `[x][1]\n\n[1]: ${address}`,
      `![x](${address})`,
    ]) {
      for (const href of linksIn(text))
        expect(['http:', 'https:', 'mailto:']).toContain(new URL(href).protocol);
      for (const href of linksIn(text)) expect(new URL(href).username).toBe('');
      expect(linksIn(text).join(' ')).not.toMatch(
        /javascript|vbscript|data:|landline:|user@|evil\.example|\u202e|\u200b/i,
      );
    }
  });

  it('web and mail addresses are links, named or bare', () => {
    expect(
      linksIn(
        '[a](https://example.com/x?y=1#z) http://example.com www.example.com <https://a.example> me@example.com',
      ),
    ).toEqual([
      'https://example.com/x?y=1#z',
      'http://example.com/',
      'http://www.example.com/',
      'https://a.example/',
      'mailto:me@example.com',
    ]);
  });

  it('letters of another script in a host are shown as the resolver sees them', () => {
    const link = [...inlinesOf(parse('[x](https://аpple.com)'))].find((one) => one.type === 'link');
    expect(link).toMatchObject({ punycodeHost: 'xn--pple-43d.com' });
  });

  it('an address in Chinese text ends where a full-width mark begins', () => {
    expect(linksIn('請看https://example.com/a\uff0c謝謝')).toEqual(['https://example.com/a']);
    expect(toPlainText(parse('請看https://example.com/a\uff0c謝謝 @佳穎'))).toBe(
      '請看https://example.com/a\uff0c謝謝 @佳穎',
    );
  });

  it('what a refused link said stays readable, address and all', () => {
    expect(toPlainText(parse('[click me](javascript:alert(1))'))).toBe(
      '[click me](javascript:alert(1))',
    );
  });
});

describe('markup of others', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg/onload=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    'a <b>bold</b> c',
    '<!-- hidden -->',
    '![pic](https://example.com/a.png)',
    '[1]: https://example.com "title"',
    '<style>*{display:none}</style>',
    '&lt;b&gt; &amp; &#x41;',
  ])('%j stays the letters that were typed', (text) => {
    expect(toPlainText(parse(text))).toBe(text);
  });
});

describe('what people write', () => {
  it('emphasis, code, lists, quotes, tasks, tables and rules', () => {
    expect(parse('**a** _b_ ~~c~~ `d`')).toEqual([
      {
        type: 'paragraph',
        children: [
          { type: 'strong', children: [{ type: 'text', text: 'a' }] },
          { type: 'text', text: ' ' },
          { type: 'em', children: [{ type: 'text', text: 'b' }] },
          { type: 'text', text: ' ' },
          { type: 'del', children: [{ type: 'text', text: 'c' }] },
          { type: 'text', text: ' ' },
          { type: 'code', text: 'd' },
        ],
      },
    ]);
    expect(parse('```ts\nlet a = 1;\n```')).toEqual([
      { type: 'code', language: 'ts', text: 'let a = 1;' },
    ]);
    expect(parse('- [x] done\n- [ ] not')).toMatchObject([
      { type: 'list', start: null, items: [{ isDone: true }, { isDone: false }] },
    ]);
    expect(parse('3. three\n4. four')).toMatchObject([{ type: 'list', start: 3 }]);
    expect(parse('> said')).toMatchObject([{ type: 'quote', children: [{ type: 'paragraph' }] }]);
    expect(parse('| a | b |\n|:-:|--:|\n| 1 | 2 |')).toMatchObject([
      { type: 'table', head: [{ align: 'center' }, { align: 'end' }] },
    ]);
  });

  it('a line end is a line end', () => {
    expect(parse('one\ntwo')).toEqual([
      {
        type: 'paragraph',
        children: [{ type: 'text', text: 'one' }, { type: 'break' }, { type: 'text', text: 'two' }],
      },
    ]);
  });

  it('four spaces before a pasted line do not make it code', () => {
    expect(parse('    indented')).toEqual([
      { type: 'paragraph', children: [{ type: 'text', text: '    indented' }] },
    ]);
  });

  it('emphasis in Chinese needs no spaces', () => {
    expect(parse('**重點\uff1a**請看**「附件」**。')).toMatchObject([
      {
        type: 'paragraph',
        children: [
          { type: 'strong' },
          { type: 'text', text: '請看' },
          { type: 'strong' },
          { type: 'text', text: '。' },
        ],
      },
    ]);
  });

  it('a hostile code-fence language is a plain word', () => {
    expect(parse('```"><img src=x>\na\n```')).toMatchObject([{ type: 'code', language: '' }]);
    expect(parse(`\`\`\`${'x'.repeat(300)}\na\n\`\`\``)).toMatchObject([
      { type: 'code', language: 'x'.repeat(24) },
    ]);
  });

  it('mentions and channels are found outside code, across what the lexer cuts apart', () => {
    const pieces = [
      ...inlinesOf(parse('@priya **@佳穎** see #design and `@priya`, @ada.okafor.')),
    ].filter((one) => one.type === 'mention' || one.type === 'channel');
    expect(pieces.map((one) => one.text)).toEqual(['@priya', '@佳穎', '#design', '@ada.okafor']);
  });

  it('a mention inside a link is part of the link', () => {
    const all = [...inlinesOf(parse('[ask @priya](https://example.com)'))];
    expect(all.some((one) => one.type === 'mention')).toBe(false);
  });
});

describe('tangled and endless texts', () => {
  const SIZE = 16 * 1024;
  const fill = (part: string): string => part.repeat(Math.ceil(SIZE / part.length)).slice(0, SIZE);
  const NESTS = [
    '[',
    '[]',
    '[a](',
    '*',
    '*a ',
    '**a*',
    'a**b',
    '_a ',
    '>',
    '> ',
    '`',
    '`a``b',
    '~a',
    '<',
    '<a ',
    '- ',
    '1. ',
    '![',
    '\\',
    '&#1',
    'a@b',
    'http://a',
    'www.',
    '|a|b\n',
    '[a]: b\n',
    '[a][b]',
    '# a\n',
    '-\n',
    'a\n=',
    '<!--',
    '<![CDATA[',
    '[a](b "',
    '<div>\n',
    '*_',
    '>a\n',
    '- > ',
    '> - ',
    'a.',
    '```\n',
    '**「a」**',
    '@priya',
    '#design',
    '\u0301',
    '\u200d',
    '👨‍👩‍👧',
  ];
  it.each(NESTS)('16 KiB of %j are read to something and lose no stack', (part) => {
    expect(parse(fill(part))).not.toEqual([]);
  });

  it('a pasted file in a fence is still code, however many marks it has', () => {
    const code = '<a-b>*_[x]|`~#>\n'.repeat(900);
    expect(parse(`\`\`\`\`\n${code}\n\`\`\`\``)).toMatchObject([{ type: 'code' }]);
  });

  it('depth is bounded: what is nested too deep is shown as it was typed', () => {
    const text = `${'> '.repeat(9)}deep`;
    expect(toPlainText(parse(text))).toBe('deep');
    expect(toPlainText(parse(`${'> '.repeat(40)}deep`))).toContain('> ');
  });
});
