/** How code in a message is copied, handed down from the features: text components know no commands. */
import { createContext, useContext } from 'react';

const CopyContext = createContext<(text: string) => void>(() => undefined);

export const CopyProvider = CopyContext.Provider;
export const useCopy = (): ((text: string) => void) => useContext(CopyContext);
