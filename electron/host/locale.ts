/** The person's language as a Unix desktop says it, for a host that cannot ask the system any other way. */

/** `zh_TW.UTF-8@mod` → `zh-TW`; undefined for `C` and what is no locale. */
function toTag(posix: string): string | undefined {
  const bare = posix.split(/[.@]/)[0]?.replaceAll('_', '-') ?? '';
  if (bare === '' || bare === 'C' || bare === 'POSIX') return undefined;
  try {
    return Intl.getCanonicalLocales(bare)[0];
  } catch {
    return undefined;
  }
}

/** BCP 47. The order is gettext's: `LANGUAGE` is a list of wishes, the others name one. */
export function systemLocale(env: NodeJS.ProcessEnv): string {
  const wishes = [
    ...(env['LANGUAGE'] ?? '').split(':'),
    env['LC_ALL'] ?? '',
    env['LC_MESSAGES'] ?? '',
    env['LANG'] ?? '',
  ];
  for (const wish of wishes) {
    const tag = toTag(wish);
    if (tag !== undefined) return tag;
  }
  return Intl.DateTimeFormat().resolvedOptions().locale;
}
