/**
 * The Electron carrier of the bridge: one channel for calls, one for batches, no others. A call is answered only to the top
 * frame of our own window at our own address; any other sender is told `bad-command` and nothing is done.
 */
import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import { IPC } from '../bridge/api.ts';
import type { Log } from '../core/ports.ts';
import { createBridgeDoor } from '../host/bridge-door.ts';
import type { BridgeSession } from '../host/bridge-session.ts';
import { fail } from '../../protocol/result.ts';

export interface BridgeHostParts {
  readonly ipcMain: Pick<IpcMain, 'handle'>;
  readonly session: BridgeSession;
  /** The page of our window, while there is one. */
  readonly page: () => WebContents | undefined;
  /** The origin our page is loaded from. */
  readonly origin: string;
  readonly log: Log;
}

const originOf = (url: string): string | undefined => {
  const parsed = URL.parse(url);
  // The URL parser gives a scheme of our own the opaque origin "null": compare scheme and host.
  return parsed === null ? undefined : `${parsed.protocol}//${parsed.host}`;
};

/** Answers calls from then on. The returned function ends the batches. */
export function hostBridge({ ipcMain, session, page, origin, log }: BridgeHostParts): () => void {
  const door = createBridgeDoor({ session, log });

  const isOurPage = ({ sender, senderFrame }: IpcMainInvokeEvent): boolean =>
    sender === page() &&
    senderFrame !== null &&
    senderFrame.parent === null &&
    originOf(senderFrame.url) === origin;

  ipcMain.handle(IPC.call, async (event, name: unknown, input: unknown) => {
    if (!isOurPage(event)) {
      log.warn('bridge.stranger');
      return fail({ kind: 'bad-command' });
    }
    return door.handle(name, input);
  });

  return session.onBatch((batch) => {
    const contents = page();
    if (contents !== undefined && !contents.isDestroyed() && !contents.isCrashed())
      contents.send(IPC.batch, batch);
  });
}
