import { expect, test } from 'vitest';
import { outsideLink } from './links.ts';

test.each([
  ['https://example.org', 'https://example.org/'],
  ['http://10.0.0.5:8080/a?b=c#d', 'http://10.0.0.5:8080/a?b=c#d'],
  ['mailto:lin@example.org', 'mailto:lin@example.org'],
  ['HTTPS://EXAMPLE.org/Ä', 'https://example.org/%C3%84'],
  // The homograph goes out under the name it really has.
  ['https://аpple.com/', 'https://xn--pple-43d.com/'],
])('%s may leave as %s', (given, leaves) => expect(outsideLink(given)).toBe(leaves));

test.each([
  'javascript:alert(1)',
  'JaVa\tscript:alert(1)',
  'java\nscript:alert(1)',
  '  https://example.org\u0000',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox',
  'file:///etc/passwd',
  'smb://host/share',
  '\\\\host\\share',
  'ms-msdt:/id PCWDiagnostic',
  'search-ms:query=x',
  'ms-officecmd:{}',
  'ms-appinstaller:?source=x',
  'vscode://x',
  'landline://join?relay=x&code=y',
  'http://user@evil.example',
  'https://bank.example:pw@evil.example/',
  'https://exam\u202eple.org/',
  'https://',
  '//example.org',
  'example.org',
  '',
  `https://example.org/${'x'.repeat(5000)}`,
])('%j may not', (given) => expect(outsideLink(given)).toBeUndefined());
