/**
 * The world in which a sandboxed preload runs: `require` of the few modules Electron allows there, `ipcRenderer` over two strings
 * (one binding out, one function in), `contextBridge` over the world port. What it lacks throws by name. Sent into the page as
 * source, so it may use nothing outside itself.
 */
import type { Codec } from './codec.ts';
import type { Presence } from './page-world.ts';
import type { WorldPort } from './world-port.ts';

/** Page → main. */
export type ToMain =
  | { readonly op: 'send'; readonly channel: string; readonly args: string }
  | { readonly op: 'invoke'; readonly id: number; readonly channel: string; readonly args: string }
  | { readonly op: 'open'; readonly url: string; readonly features: string }
  | { readonly op: 'title'; readonly title: string }
  | { readonly op: 'context-menu'; readonly params: ContextMenu };

/** Main → page. `value` and `args` are the codec's text. */
export type ToPage =
  | { readonly op: 'emit'; readonly channel: string; readonly args: string }
  | { readonly op: 'reply'; readonly id: number; readonly value: string }
  | { readonly op: 'refuse'; readonly id: number; readonly error: string }
  | { readonly op: 'presence'; readonly presence: Presence };

/** The part of Electron's `ContextMenuParams` a page can know. */
export interface ContextMenu {
  readonly x: number;
  readonly y: number;
  readonly pageURL: string;
  readonly linkURL: string;
  readonly linkText: string;
  readonly srcURL: string;
  readonly mediaType: 'none' | 'image';
  readonly selectionText: string;
  readonly isEditable: boolean;
  readonly editFlags: Readonly<
    Record<
      'canUndo' | 'canRedo' | 'canCut' | 'canCopy' | 'canPaste' | 'canDelete' | 'canSelectAll',
      boolean
    >
  >;
  readonly misspelledWord: string;
  readonly dictionarySuggestions: readonly string[];
}

export interface RendererProcess {
  readonly type: 'renderer';
  readonly platform: string;
  readonly arch: string;
  readonly sandboxed: true;
  readonly contextIsolated: true;
  readonly versions: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly argv: readonly string[];
}

export function preloadWorld(
  port: WorldPort,
  codec: Codec,
  about: RendererProcess,
  run: (require: (name: string) => unknown, process: object) => void,
): void {
  type Listener = (...args: unknown[]) => void;
  type Wrapped = Listener & { original?: Listener };
  const world = globalThis as unknown as {
    standinToMain: (text: string) => void;
    standinToPage: (text: string) => void;
  };
  const toMain = world.standinToMain;
  const post = (message: ToMain): void => toMain(JSON.stringify(message));
  const missing = (what: string): never => {
    throw new Error(`stand-in: ${what} is not implemented`);
  };
  const strict = <T extends object>(name: string, target: T): T =>
    new Proxy(target, {
      get: (own, key, receiver): unknown =>
        typeof key === 'symbol' || key in own || key === 'then'
          ? Reflect.get(own, key, receiver)
          : missing(`${name}.${key}`),
    });

  class Emitter {
    // Not `#private`: the methods are also called on a proxy of the instance.
    readonly byEvent = new Map<string, Wrapped[]>();
    on(event: string, listener: Wrapped): this {
      this.byEvent.set(event, [...(this.byEvent.get(event) ?? []), listener]);
      return this;
    }
    addListener(event: string, listener: Wrapped): this {
      return this.on(event, listener);
    }
    once(event: string, listener: Listener): this {
      const wrapped: Wrapped = (...args) => {
        this.off(event, wrapped);
        listener(...args);
      };
      wrapped.original = listener;
      return this.on(event, wrapped);
    }
    off(event: string, listener: Listener): this {
      const left = [...(this.byEvent.get(event) ?? [])];
      const at = left.findIndex((one) => one === listener || one.original === listener);
      if (at >= 0) left.splice(at, 1);
      this.byEvent.set(event, left);
      return this;
    }
    removeListener(event: string, listener: Listener): this {
      return this.off(event, listener);
    }
    removeAllListeners(event?: string): this {
      if (event === undefined) this.byEvent.clear();
      else this.byEvent.delete(event);
      return this;
    }
    listenerCount(event: string): number {
      return this.byEvent.get(event)?.length ?? 0;
    }
    emit(event: string, ...args: unknown[]): boolean {
      const listeners = this.byEvent.get(event) ?? [];
      for (const listener of listeners) {
        try {
          listener(...args);
        } catch (error) {
          reportError(error);
        }
      }
      return listeners.length > 0;
    }
  }

  interface Waiting {
    readonly resolve: (value: unknown) => void;
    readonly reject: (error: Error) => void;
  }
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  class IpcRenderer extends Emitter {
    send(channel: string, ...args: unknown[]): void {
      post({ op: 'send', channel, args: codec.encode(args) });
    }
    async invoke(channel: string, ...args: unknown[]): Promise<unknown> {
      const text = codec.encode(args);
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        post({ op: 'invoke', id, channel, args: text });
      });
    }
  }
  const ipcRenderer = strict('ipcRenderer', new IpcRenderer());
  port.onTold = (word) => {
    if (word.topic === 'open') post({ op: 'open', url: word.url, features: word.features });
  };

  const receive = (message: ToPage): void => {
    switch (message.op) {
      case 'emit': {
        const args = codec.decode(message.args) as readonly unknown[];
        ipcRenderer.emit(message.channel, { sender: ipcRenderer, ports: [] }, ...args);
        return;
      }
      case 'reply': {
        waiting.get(message.id)?.resolve(codec.decode(message.value));
        waiting.delete(message.id);
        return;
      }
      case 'refuse':
        waiting.get(message.id)?.reject(new Error(message.error));
        waiting.delete(message.id);
        return;
      case 'presence':
        port.tell({ topic: 'presence', ...message.presence });
    }
  };
  world.standinToPage = (text) => receive(JSON.parse(text) as ToPage);

  // Chromium does not announce a page's title over its debugging protocol.
  let title = '';
  const announceTitle = (): void => {
    if (document.title !== title) post({ op: 'title', title: (title = document.title) });
  };
  document.addEventListener('DOMContentLoaded', () => {
    announceTitle();
    new MutationObserver(announceTitle).observe(document.head, {
      childList: true,
      subtree: true,
      characterData: true,
    });
  });

  const contextMenuAt = (event: MouseEvent): ContextMenu => {
    const target = event.composedPath()[0];
    const element = target instanceof Element ? target : document.body;
    const link = element.closest('a[href]');
    const image = element instanceof HTMLImageElement ? element : undefined;
    const field =
      element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement
        ? element
        : undefined;
    const isEditable =
      field !== undefined || (element instanceof HTMLElement && element.isContentEditable);
    const inField =
      field === undefined
        ? ''
        : field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0);
    const selectionText = inField === '' ? String(getSelection() ?? '') : inField;
    const hasSelection = selectionText !== '';
    return {
      x: event.clientX,
      y: event.clientY,
      pageURL: location.href,
      linkURL: link instanceof HTMLAnchorElement ? link.href : '',
      linkText: link?.textContent ?? '',
      srcURL: image?.currentSrc ?? '',
      mediaType: image === undefined ? 'none' : 'image',
      selectionText,
      isEditable,
      editFlags: {
        canUndo: isEditable,
        canRedo: isEditable,
        canCut: isEditable && hasSelection,
        canCopy: hasSelection,
        canPaste: isEditable,
        canDelete: isEditable && hasSelection,
        canSelectAll: true,
      },
      misspelledWord: '',
      dictionarySuggestions: [],
    };
  };
  // The last to hear of it: a page that has a menu of its own prevents the system's.
  window.addEventListener('contextmenu', (event) => {
    if (!event.defaultPrevented) post({ op: 'context-menu', params: contextMenuAt(event) });
  });

  const contextBridge = strict('contextBridge', {
    exposeInMainWorld: (key: string, value: unknown) => port.expose(key, value),
  });
  const webFrame = strict('webFrame', {
    setVisualZoomLevelLimits: () => undefined,
  });
  const electron = strict('electron (preload)', { ipcRenderer, contextBridge, webFrame });
  const modules = new Map<string, unknown>([
    ['electron', electron],
    ['electron/renderer', electron],
    ['electron/common', electron],
    ['events', Object.assign(Emitter, { EventEmitter: Emitter })],
    ['timers', { setTimeout, clearTimeout, setInterval, clearInterval }],
    ['url', { URL, URLSearchParams }],
  ]);
  const require = (name: string): unknown =>
    modules.get(name.replace(/^node:/, '')) ?? missing(`require('${name}') in a sandboxed preload`);
  run(require, strict('process (preload)', { ...about }));
}
