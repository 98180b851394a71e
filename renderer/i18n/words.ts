/**
 * The window's words in one language. `say` gives a text, `rich` a text with elements in it; both from the ICU messages of
 * the catalogue. Dates, numbers and lists are worded by the same locale. Made once per language, held by the context.
 */
import { createIntl, createIntlCache, type IntlShape } from '@formatjs/intl';
import { createElement, Fragment, type ReactNode } from 'react';
import { CATALOGUE, type MessageKey } from './catalogue.ts';

export type Language = 'en' | 'zh-Hant';
export type Values = Readonly<Record<string, string | number | boolean | Date | null | undefined>>;
export type RichValues = Readonly<
  Record<string, string | number | ReactNode | ((chunks: ReactNode[]) => ReactNode)>
>;

export interface Words {
  readonly language: Language;
  readonly intl: IntlShape<string>;
  say(key: MessageKey, values?: Values): string;
  rich(key: MessageKey, values: RichValues): ReactNode;
  list(items: readonly string[]): string;
}

/** `system` follows the computer; any Chinese gets Traditional Chinese rather than English. */
export function chooseLanguage(setting: 'system' | Language, systemLocale: string): Language {
  if (setting !== 'system') return setting;
  return /^zh\b/i.test(systemLocale) ? 'zh-Hant' : 'en';
}

/** Dates and numbers as this computer writes them where it speaks the language, else as its home does. */
function localeOf(language: Language, systemLocale: string): string {
  const isSpoken =
    language === 'en' ? /^en\b/i.test(systemLocale) : /^zh-(?:Hant|TW|HK|MO)\b/i.test(systemLocale);
  const fallback = language === 'en' ? 'en-GB' : 'zh-Hant-TW';
  try {
    return isSpoken ? (Intl.getCanonicalLocales(systemLocale)[0] ?? fallback) : fallback;
  } catch {
    return fallback;
  }
}

export function createWords(language: Language, systemLocale = ''): Words {
  const at = language === 'en' ? 0 : 1;
  const messages = Object.fromEntries(
    Object.entries(CATALOGUE).map(([key, both]) => [key, both[at]]),
  );
  const intl = createIntl<string>(
    {
      locale: localeOf(language, systemLocale),
      messages,
      onError: (error) => {
        throw error;
      },
    },
    createIntlCache(),
  );
  const lists = new Intl.ListFormat(intl.locale, { type: 'conjunction' });
  return {
    language,
    intl,
    say: (key, values) => intl.formatMessage({ id: key }, values),
    rich: (key, values) => {
      let made = 0;
      const keyed = Object.entries(values).map(([name, value]) =>
        typeof value === 'function'
          ? [name, (chunks: ReactNode[]) => createElement(Fragment, { key: made++ }, value(chunks))]
          : [name, value],
      );
      return intl.formatMessage(
        { id: key },
        Object.fromEntries(keyed) as Record<string, string>,
      ) as ReactNode;
    },
    list: (items) => lists.format(items),
  };
}
