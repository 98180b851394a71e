/**
 * The preload: gives the page `window.landline` as the bridge contract describes it, and nothing else. It holds no logic and
 * checks nothing: the other end of each channel does.
 */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import { IPC, type LandlineApi } from '../bridge/api.ts';
import type { CommandInput, CommandName, CommandResult } from '../bridge/commands.ts';
import type { Batch } from '../bridge/events.ts';

const api: LandlineApi = {
  host: 'electron',
  call: <Name extends CommandName>(name: Name, input: CommandInput<Name>) =>
    ipcRenderer.invoke(IPC.call, name, input) as Promise<CommandResult<Name>>,
  onBatch(listener) {
    const pass = (_event: IpcRendererEvent, batch: Batch): void => listener(batch);
    ipcRenderer.on(IPC.batch, pass);
    return () => void ipcRenderer.off(IPC.batch, pass);
  },
};

contextBridge.exposeInMainWorld('landline', Object.freeze(api));
