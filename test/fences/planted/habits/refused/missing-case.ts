// @typescript-eslint/switch-exhaustiveness-check
type Line = { readonly kind: 'live' } | { readonly kind: 'away' };
export function wordsFor(line: Line): string {
  switch (line.kind) {
    case 'live': return 'connected';
  }
  return '';
}
