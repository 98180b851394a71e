import { describe, expect, test } from 'vitest';
import { safeLink } from './safe-link.ts';

describe('what may be opened outside', () => {
  test.each([
    ['https://example.org/a?b=c#d', 'https://example.org/a?b=c#d'],
    [' http://example.org ', 'http://example.org/'],
    ['HTTPS://EXAMPLE.org/%41', 'https://example.org/%41'],
    ['https://example.org:8443/x', 'https://example.org:8443/x'],
    ['https://[::1]/', 'https://[::1]/'],
    // What a person would take for another letter is shown as what it is.
    ['https://ex\u0430mple.org/', 'https://xn--exmple-4nf.org/'],
    ['mailto:ada@example.org?subject=Hi', 'mailto:ada@example.org?subject=Hi'],
  ])('%s, written anew', (typed, opened) => {
    expect(safeLink(typed)).toBe(opened);
  });

  test.each([
    'javascript:alert(1)',
    'JaVa\tscript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'smb://host/share',
    '\\\\host\\share',
    'https:\\\\evil.example',
    'ms-msdt:/id',
    'search-ms:query=x',
    'ms-officecmd:{}',
    'ms-appinstaller:?source=x',
    'vscode://file/x',
    'landline://join?relay=x&code=y',
    'blob:https://example.org/x',
    'view-source:https://example.org',
    'http://user@evil.example/',
    'https://bank.example:secret@evil.example/',
    'https://example.org/\u202egnp.exe',
    'https://exa\u200bmple.org/',
    'https://',
    'example.org',
    '//example.org',
    'mailto:',
    'mailto:nobody',
    '',
  ])('not %j', (typed) => {
    expect(safeLink(typed)).toBeUndefined();
  });
});
