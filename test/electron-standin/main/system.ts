/**
 * The small modules that stand for the desktop round the app: `shell` (recorded, nothing is ever opened), `clipboard`, `screen` (one
 * display), `net`, `globalShortcut`, `crashReporter`, `powerSaveBlocker`.
 */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tell } from './notes.ts';
import { StrictEmitter, notImplemented, strict } from './strict.ts';

export const createShell = (tell: Tell): object =>
  strict('shell', {
    openExternal: async (url: string): Promise<void> => tell('open-external', { url }),
    openPath: async (path: string): Promise<string> => {
      tell('open-path', { path });
      return '';
    },
    showItemInFolder: (path: string) => tell('show-item', { path }),
    beep: () => undefined,
  } satisfies Pick<Electron.Shell, 'openExternal' | 'openPath' | 'showItemInFolder' | 'beep'>);

/** Main's own clipboard: the page's (`navigator.clipboard`) is Chromium's, and the two do not meet. */
export function createClipboard(): object {
  let text = '';
  return strict('clipboard', {
    readText: async () => text,
    writeText: async (next: string) => {
      text = next;
    },
    has: async (mimeType: string) => mimeType === 'text/plain' && text !== '',
    clear: () => {
      text = '';
    },
  } satisfies Pick<Electron.Clipboard, 'readText' | 'writeText' | 'has' | 'clear'>);
}

const BOUNDS = { x: 0, y: 0, width: 1920, height: 1080 };
const WORK_AREA = { x: 0, y: 0, width: 1920, height: 1040 };
const DISPLAY = strict('screen display', {
  id: 1,
  label: 'stand-in',
  scaleFactor: 1,
  rotation: 0,
  internal: true,
  bounds: BOUNDS,
  size: { width: BOUNDS.width, height: BOUNDS.height },
  workArea: WORK_AREA,
  workAreaSize: { width: WORK_AREA.width, height: WORK_AREA.height },
});

export class Screen extends StrictEmitter {
  protected override get raises(): readonly string[] {
    return ['display-added', 'display-removed', 'display-metrics-changed'];
  }

  getPrimaryDisplay(): object {
    return DISPLAY;
  }

  getAllDisplays(): object[] {
    return [DISPLAY];
  }

  getDisplayMatching(_rectangle: Electron.Rectangle): object {
    return DISPLAY;
  }

  getDisplayNearestPoint(_point: Electron.Point): object {
    return DISPLAY;
  }

  getCursorScreenPoint(): Electron.Point {
    return { x: 0, y: 0 };
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

async function fetchFile(url: URL): Promise<Response> {
  const path = fileURLToPath(url);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Error('net::ERR_FILE_NOT_FOUND', { cause });
  });
  return new Response(new Uint8Array(bytes), {
    headers: { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' },
  });
}

export interface Net {
  /** Set by a test. */
  online: boolean;
  isOnline(): boolean;
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

export function createNet(): Net {
  const net: Net = {
    online: true,
    isOnline: () => net.online,
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      return url.protocol === 'file:' ? fetchFile(url) : fetch(input, init);
    },
  };
  return strict('net', net);
}

export class Shortcuts {
  readonly #actions = new Map<string, () => void>();
  readonly door = strict('globalShortcut', {
    register: (accelerator: string, action: () => void) => {
      if (this.#actions.has(accelerator)) return false;
      this.#actions.set(accelerator, action);
      return true;
    },
    unregister: (accelerator: string) => void this.#actions.delete(accelerator),
    unregisterAll: () => this.#actions.clear(),
    isRegistered: (accelerator: string) => this.#actions.has(accelerator),
  } satisfies Pick<
    Electron.GlobalShortcut,
    'register' | 'unregister' | 'unregisterAll' | 'isRegistered'
  >);

  /** For tests: the user presses it. */
  press(accelerator: string): void {
    const action = this.#actions.get(accelerator);
    if (action === undefined) throw new Error(`stand-in: no shortcut ${accelerator}`);
    action();
  }
}

export function createCrashReporter(): object {
  const parameters: Record<string, string> = {};
  return strict('crashReporter', {
    start: ({ uploadToServer = true, extra = {} }: Electron.CrashReporterStartOptions) => {
      if (uploadToServer) notImplemented('a crashReporter that uploads');
      Object.assign(parameters, extra);
    },
    addExtraParameter: (key: string, value: string) => {
      parameters[key] = value;
    },
    getParameters: () => ({ ...parameters }),
    getUploadToServer: () => false,
  } satisfies Pick<
    Electron.CrashReporter,
    'start' | 'addExtraParameter' | 'getParameters' | 'getUploadToServer'
  >);
}

export function createPowerSaveBlocker(): object {
  const started = new Set<number>();
  let lastId = 0;
  return strict('powerSaveBlocker', {
    start: () => {
      lastId += 1;
      started.add(lastId);
      return lastId;
    },
    stop: (id: number) => started.delete(id),
    isStarted: (id: number) => started.has(id),
  } satisfies Pick<Electron.PowerSaveBlocker, 'start' | 'stop' | 'isStarted'>);
}
