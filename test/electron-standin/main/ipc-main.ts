/** `ipcMain` (and `webContents.ipc`): listeners and handlers by channel. Carrying is `ipc-carrier.ts`. */
import { EventEmitter } from 'node:events';
import { strict } from './strict.ts';

export type IpcHandler = (event: object, ...args: readonly unknown[]) => unknown;

export interface IpcDoor extends EventEmitter {
  handle(channel: string, handler: IpcHandler): void;
  handleOnce(channel: string, handler: IpcHandler): void;
  removeHandler(channel: string): void;
}

export interface IpcRegister {
  /** What the app sees. */
  readonly door: IpcDoor;
  handlerOf(channel: string): IpcHandler | undefined;
  emit(channel: string, event: object, args: readonly unknown[]): void;
}

export function createIpcRegister(name: string): IpcRegister {
  const handlers = new Map<string, IpcHandler>();
  const handle = (channel: string, handler: IpcHandler): void => {
    if (handlers.has(channel))
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    handlers.set(channel, handler);
  };
  const door = Object.assign(new EventEmitter(), {
    handle,
    handleOnce: (channel: string, handler: IpcHandler) =>
      handle(channel, (...args) => {
        handlers.delete(channel);
        return handler(...args);
      }),
    removeHandler: (channel: string) => void handlers.delete(channel),
  });
  return {
    door: strict(name, door),
    handlerOf: (channel) => handlers.get(channel),
    emit: (channel, event, args) => void door.emit(channel, event, ...args),
  };
}
