/** What colours the code in messages. Without a highlighter code stays plain. */
import { createContext, useContext } from 'react';
import type { Highlighter } from './highlighter.ts';

const HighlightContext = createContext<Highlighter | null>(null);

export const HighlightProvider = HighlightContext.Provider;
export const useHighlighter = (): Highlighter | null => useContext(HighlightContext);
