/** Hands the parts of the window down to the features: the store, the commands, the drafts. Made in main.tsx, and in tests. */
import { createContext, useContext, type ReactNode } from 'react';
import { useStore } from 'zustand';
import type { Commands } from '../../state/commands.ts';
import type { Drafts } from '../../state/drafts.ts';
import type { Sending } from '../../state/sending.ts';
import type { WindowModel, WindowStore } from '../../state/store.ts';

export interface WindowParts {
  readonly store: WindowStore;
  readonly commands: Commands;
  readonly drafts: Drafts;
  readonly sending: Sending;
}

const PartsContext = createContext<WindowParts | null>(null);

export function PartsProvider({
  parts,
  children,
}: {
  readonly parts: WindowParts;
  readonly children: ReactNode;
}) {
  return <PartsContext.Provider value={parts}>{children}</PartsContext.Provider>;
}

export function useParts(): WindowParts {
  const parts = useContext(PartsContext);
  if (parts === null) throw new Error('no window parts above this component');
  return parts;
}

/** A read of the store. The selector returns a stored reference or a primitive; anything else would render for ever. */
export function useWindow<T>(select: (model: WindowModel) => T): T {
  return useStore(useParts().store, select);
}

export const useCommands = (): Commands => useParts().commands;
