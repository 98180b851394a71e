/**
 * Delivers what a page sends to `ipcMain` and the window's own `ipc`, and the answers back, with Electron's errors in Electron's
 * words. An answer for a document that is no longer shown is dropped.
 */
import { createCodec } from '../page/codec.ts';
import type { ToMain, ToPage } from '../page/preload-world.ts';
import type { IpcRegister } from './ipc-main.ts';

export interface IpcCarrierParts {
  /** The window's own register first, then the app's. */
  readonly registers: readonly IpcRegister[];
  /** The `sender…` part of every event. */
  readonly sender: () => object;
  readonly reply: (documentId: number, message: ToPage) => void;
  readonly sendTo: (channel: string, ...args: readonly unknown[]) => void;
  readonly heard: (event: object, channel: string, args: readonly unknown[]) => void;
}

export type IpcCall = Extract<ToMain, { readonly channel: string }>;

export function createIpcCarrier(
  parts: IpcCarrierParts,
): (call: IpcCall, documentId: number) => void {
  const codec = createCodec();
  const { registers, sender, reply, sendTo, heard } = parts;

  async function answer(
    call: Extract<IpcCall, { readonly op: 'invoke' }>,
    documentId: number,
    args: readonly unknown[],
  ): Promise<void> {
    try {
      const handler = registers
        .map((register) => register.handlerOf(call.channel))
        .find((one) => one !== undefined);
      if (handler === undefined) throw new Error(`No handler registered for '${call.channel}'`);
      const event = { ...sender(), type: 'frame' };
      reply(documentId, {
        op: 'reply',
        id: call.id,
        value: codec.encode(await handler(event, ...args)),
      });
    } catch (error) {
      reply(documentId, {
        op: 'refuse',
        id: call.id,
        error: `Error invoking remote method '${call.channel}': ${String(error)}`,
      });
    }
  }

  return (call, documentId) => {
    const args = codec.decode(call.args) as readonly unknown[];
    if (call.op === 'invoke') {
      void answer(call, documentId, args);
      return;
    }
    const event = { ...sender(), type: 'frame', ports: [], reply: sendTo };
    heard(event, call.channel, args);
    for (const register of registers) register.emit(call.channel, event, args);
  };
}
