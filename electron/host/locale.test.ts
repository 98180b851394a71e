import { expect, test } from 'vitest';
import { systemLocale } from './locale.ts';

const usual = Intl.DateTimeFormat().resolvedOptions().locale;

test.each<[NodeJS.ProcessEnv, string]>([
  [{ LANG: 'zh_TW.UTF-8' }, 'zh-TW'],
  [{ LANGUAGE: 'zh_TW:en_US', LANG: 'en_US.UTF-8' }, 'zh-TW'],
  [{ LANGUAGE: '', LC_ALL: 'de_DE@euro', LANG: 'en_US' }, 'de-DE'],
  [{ LC_ALL: 'C', LANG: 'fr_FR' }, 'fr-FR'],
  [{ LANGUAGE: 'zh-Hant' }, 'zh-Hant'],
  [{ LANG: 'POSIX' }, usual],
  [{ LANG: '!!!' }, usual],
  [{}, usual],
])('%j speaks %s', (env, locale) => expect(systemLocale(env)).toBe(locale));
