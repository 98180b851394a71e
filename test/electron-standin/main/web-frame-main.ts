/** `webContents.mainFrame`, the same object for the life of a window, as `event.senderFrame === win.webContents.mainFrame` expects. */
import { strict } from './strict.ts';

export interface MainFrame {
  readonly url: string;
  readonly origin: string;
  readonly top: MainFrame;
  readonly parent: null;
  readonly frames: readonly MainFrame[];
  readonly detached: boolean;
  readonly name: string;
  readonly processId: number;
  readonly routingId: number;
  isDestroyed(): boolean;
}

export interface MainFrameParts {
  readonly contentsId: number;
  readonly url: () => string;
  readonly originOf: (url: string) => string;
  readonly isDestroyed: () => boolean;
}

export function createMainFrame({
  contentsId,
  url,
  originOf,
  isDestroyed,
}: MainFrameParts): MainFrame {
  const frame: MainFrame = strict('webContents.mainFrame', {
    get url() {
      return url();
    },
    get origin() {
      return originOf(url());
    },
    get top(): MainFrame {
      return frame;
    },
    get detached() {
      return isDestroyed();
    },
    parent: null,
    frames: [],
    name: '',
    processId: contentsId,
    routingId: 1,
    isDestroyed,
  });
  return frame;
}
