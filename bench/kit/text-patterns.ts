/**
 * Texts that once took long to read, each a part that is repeated between a beginning and an end.
 * The tests hold what of them reaches a rule, the window's tests and the bench how long they take.
 */
export interface TextPattern {
  readonly start?: string;
  readonly part: string;
  readonly end?: string;
}

export const PATTERNS: readonly TextPattern[] = [
  // Inline rules: a long word before an `@`, long blanks, marks beside marks.
  { part: 'a', end: '@' },
  { part: '.', end: '@' },
  { part: 'A1', end: 'a@b&' },
  { start: 'http://@', part: 'a', end: '@' },
  { start: 'a', part: ' ', end: 'b' },
  { start: '重', part: '    ', end: '重' },
  { part: '**重點\uff1a**' },
  { start: '```\n```x\n', part: '**重點\uff1a**' },
  { part: '_\u0301' },
  { part: '=*\u0301' },
  { part: '|-/', end: '~_重    \n' },
  { part: ' (~a' },
  { part: '[***重&#"', end: ')***' },
  { part: '[a](' },
  { part: '![' },
  { part: '`a``b' },
  { part: '<a ' },
  { part: '<' },
  { part: '👨‍👩‍👧' },
  { part: 'a**b' },
  { part: '@priya ' },
  { part: '#design ' },
  // Block rules: quotes and lists on one line, in lines, and with what does not end them.
  { part: '>', end: '```\nx\n' },
  { part: '> ', end: '```\nx\n' },
  { part: '- ', end: '```\nx\n' },
  { start: '1. a\n', part: '^\n' },
  { part: '1. A1---\n\u0301' },
  { part: '- > ' },
  { part: '> a\n> - ' },
  { start: '<?', part: '\n', end: '<?' },
  { start: '<!--', part: '\n', end: '<!--' },
  { part: '===\n', end: '重' },
  { part: '|a|b\n' },
  { part: '[a]: b\n' },
  // Many parts.
  { part: 'a\n\n' },
  { part: 'a\n' },
  { part: '- a\n' },
  { part: '*a* ' },
  { part: '```\n' },
];

/**
 * Code whose grammars once took time that grew with the square of a word; the words here are as
 * long as one may be.
 */
export const CODE_PATTERNS: readonly (TextPattern & { readonly language: string })[] = [
  { language: 'java', part: `${'$'.repeat(999)} ` },
  { language: 'ts', part: `const key = "${'A'.repeat(980)}";\n` },
  { language: 'js', part: `${'a'.repeat(999)} ` },
  { language: 'php', part: `${'$a'.repeat(499)} ` },
  { language: 'ini', part: `${'a'.repeat(999)}\n` },
  { language: 'c', part: `${'a_'.repeat(499)} ` },
  { language: 'ts', part: '(a, ' },
  { language: 'ts', part: '`${' },
  { language: 'xml', part: '<a ' },
  { language: 'cpp', part: 'a<' },
  { language: 'swift', part: '#"' },
  { language: 'ruby', part: '#{' },
];

/** @param bytes  of UTF-8, as the relay counts */
export function fillPattern({ start = '', part, end = '' }: TextPattern, bytes: number): string {
  const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
  const times = Math.floor((bytes - bytesOf(start) - bytesOf(end)) / bytesOf(part));
  return start + part.repeat(times) + end;
}
