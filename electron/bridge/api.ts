/**
 * `window.landline`: all that the page can reach. Three carriers bring it there: the preload over Electron IPC, the
 * loopback host over a WebSocket, and a direct call in tests. Frozen, with exactly these members.
 */
import type { CommandInput, CommandName, CommandResult } from './commands.ts';
import type { Batch } from './events.ts';

export interface LandlineApi {
  readonly host: 'electron' | 'browser';
  call<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
  ): Promise<CommandResult<Name>>;
  /** Batches in order, from the moment of the call on. The returned function stops them. */
  onBatch(listener: (batch: Batch) => void): () => void;
}

/** The names Electron IPC uses; there are no others. */
export const IPC = { call: 'landline:call', batch: 'landline:batch' } as const;
