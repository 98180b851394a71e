/** Hands the words down to every component, and tells the components of react-aria the same language. */
import { createContext, useContext, type ReactNode } from 'react';
import { I18nProvider } from 'react-aria-components';
import type { Words } from './words.ts';

const WordsContext = createContext<Words | null>(null);

export function WordsProvider({
  words,
  children,
}: {
  readonly words: Words;
  readonly children: ReactNode;
}) {
  return (
    <I18nProvider locale={words.language === 'en' ? words.intl.locale : 'zh-TW'}>
      <WordsContext.Provider value={words}>{children}</WordsContext.Provider>
    </I18nProvider>
  );
}

export function useWords(): Words {
  const words = useContext(WordsContext);
  if (words === null) throw new Error('no words above this component');
  return words;
}
