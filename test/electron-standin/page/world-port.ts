/**
 * Carries values between the page's own world and the preload's isolated world, by the rules of Electron's contextBridge:
 * functions become proxies, promises settle on the other side, errors keep their message, plain data is copied, symbols are
 * refused. One port stands in each world; they speak by synchronous CustomEvents whose `detail` Chromium clones. The event name
 * is a secret of this window. Sent into the page as source, so it may use nothing outside itself.
 */
export interface WorldPort {
  /** Gives the other world a value under a name. */
  expose(key: string, value: unknown): void;
  /** Tells the other world plain data: the stand-in's own business, not the app's. */
  tell(word: PortWord): void;
  onExpose: (key: string, value: unknown) => void;
  onTold: (word: PortWord) => void;
}

export type PortWord =
  | { readonly topic: 'presence'; readonly visible: boolean; readonly focused: boolean }
  | { readonly topic: 'open'; readonly url: string; readonly features: string };

export function worldPort(secret: string, me: string, peer: string): WorldPort {
  type Callable = (...args: unknown[]) => unknown;
  type Message =
    | {
        readonly op: 'call';
        readonly id: number;
        readonly callee: number;
        readonly args: readonly unknown[];
      }
    | { readonly op: 'return'; readonly id: number; readonly ok: boolean; readonly value: unknown }
    | { readonly op: 'settle'; readonly id: number; readonly ok: boolean; readonly value: unknown }
    | { readonly op: 'expose'; readonly key: string; readonly value: unknown }
    | { readonly op: 'tell'; readonly word: PortWord };
  type Reply = Extract<Message, { readonly op: 'return' }>;
  type Marked = Readonly<Record<string, unknown>>;
  interface Waiting {
    readonly resolve: (value: unknown) => void;
    readonly reject: (reason: unknown) => void;
  }

  const MARK = `\u0000${secret}`;
  const dispatch = window.dispatchEvent.bind(window);
  const Envelope = CustomEvent;
  const clone = window.structuredClone.bind(window);
  const mine = new Map<number, Callable>();
  const theirs = new WeakMap<Callable, number>();
  const waiting = new Map<number, Waiting>();
  const replies = new Map<number, Reply>();
  let lastId = 0;
  const nextId = (): number => (lastId += 1);

  const post = (message: Message): void => {
    // Chromium delivers an uncloneable detail as null, without a word: clone first, so that the sender hears of it.
    clone(message);
    dispatch(new Envelope(`${secret}:${peer}`, { detail: message }));
  };
  const packError = (error: unknown): Marked => ({
    [MARK]: 'error',
    message: error instanceof Error ? error.message : String(error),
  });

  // Defined, not assigned: a key named __proto__ must stay data.
  const define = (target: object, key: string, value: unknown): void => {
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  };

  const isClonedWhole = (value: object): boolean =>
    ArrayBuffer.isView(value) ||
    [Date, RegExp, Map, Set, ArrayBuffer, Blob, ImageData, ImageBitmap].some(
      (kind: abstract new (...args: never[]) => object) => value instanceof kind,
    );

  function pack(value: unknown, seen = new Map<object, unknown>()): unknown {
    if (typeof value === 'symbol')
      throw new TypeError('stand-in: a symbol cannot cross the context bridge');
    if (typeof value === 'function') {
      const callable = value as Callable;
      const home = theirs.get(callable);
      if (home !== undefined) return { [MARK]: 'yours', id: home };
      const id = nextId();
      mine.set(id, callable);
      return { [MARK]: 'function', id };
    }
    if (value === null || typeof value !== 'object') return value;
    if (seen.has(value)) return seen.get(value);
    if (value instanceof Promise) {
      const id = nextId();
      const settle = (ok: boolean, result: unknown): void => {
        try {
          post({ op: 'settle', id, ok, value: ok ? pack(result) : packError(result) });
        } catch (error) {
          post({ op: 'settle', id, ok: false, value: packError(error) });
        }
      };
      value.then(
        (result) => settle(true, result),
        (error: unknown) => settle(false, error),
      );
      return { [MARK]: 'promise', id };
    }
    if (value instanceof Error) return packError(value);
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      seen.set(value, items);
      for (const item of value as readonly unknown[]) items.push(pack(item, seen));
      return items;
    }
    if (isClonedWhole(value)) return value;
    // Prototypes stay behind, as in Electron: only own enumerable values cross.
    const copy = {};
    seen.set(value, copy);
    for (const [key, item] of Object.entries(value)) define(copy, key, pack(item, seen));
    return copy;
  }

  function unpackMarked(marked: Marked): unknown {
    const id = Number(marked['id']);
    switch (marked[MARK]) {
      case 'function': {
        const proxy: Callable = (...args) => call(id, args);
        theirs.set(proxy, id);
        return proxy;
      }
      case 'yours':
        return mine.get(id);
      case 'promise':
        return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
      default:
        return new Error(String(marked['message']));
    }
  }

  function unpack(value: unknown, freeze: boolean, seen = new Map<object, unknown>()): unknown {
    if (value === null || typeof value !== 'object') return value;
    if (seen.has(value)) return seen.get(value);
    if (MARK in value) return unpackMarked(value as Marked);
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      seen.set(value, items);
      for (const item of value as readonly unknown[]) items.push(unpack(item, freeze, seen));
      return freeze ? Object.freeze(items) : items;
    }
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    const copy = {};
    seen.set(value, copy);
    for (const [key, item] of Object.entries(value)) define(copy, key, unpack(item, freeze, seen));
    return freeze ? Object.freeze(copy) : copy;
  }

  function call(callee: number, args: readonly unknown[]): unknown {
    const id = nextId();
    post({ op: 'call', id, callee, args: args.map((arg) => pack(arg)) });
    const reply = replies.get(id);
    replies.delete(id);
    if (reply === undefined) throw new Error('stand-in: the other world did not answer');
    const value = unpack(reply.value, false);
    if (!reply.ok) throw value as Error;
    return value;
  }

  function answer(id: number, callee: number, args: readonly unknown[]): void {
    try {
      const callable = mine.get(callee);
      if (callable === undefined) throw new Error('stand-in: no such function');
      post({
        op: 'return',
        id,
        ok: true,
        value: pack(callable(...args.map((arg) => unpack(arg, false)))),
      });
    } catch (error) {
      post({ op: 'return', id, ok: false, value: packError(error) });
    }
  }

  const port: WorldPort = {
    expose: (key, value) => post({ op: 'expose', key, value: pack(value) }),
    tell: (word) => post({ op: 'tell', word }),
    onExpose: () => undefined,
    onTold: () => undefined,
  };

  window.addEventListener(`${secret}:${me}`, (event) => {
    event.stopImmediatePropagation();
    const message = (event as CustomEvent<Message>).detail;
    switch (message.op) {
      case 'call':
        answer(message.id, message.callee, message.args);
        return;
      case 'return':
        replies.set(message.id, message);
        return;
      case 'settle': {
        const promise = waiting.get(message.id);
        waiting.delete(message.id);
        const value = unpack(message.value, false);
        if (message.ok) promise?.resolve(value);
        else promise?.reject(value);
        return;
      }
      case 'expose':
        port.onExpose(message.key, unpack(message.value, true));
        return;
      case 'tell':
        port.onTold(message.word);
    }
  });
  return port;
}
