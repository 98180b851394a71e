/**
 * How the stand-in refuses what it does not have: a member, an event or an option it lacks throws
 * "stand-in: X is not implemented", so that no test can pass on a silent stub. The harness is told too, in case the app catches it.
 */
import { EventEmitter } from 'node:events';
import { tellHarness } from './notes.ts';

export function notImplemented(what: string): never {
  tellHarness('missing', { what });
  throw new Error(`stand-in: ${what} is not implemented`);
}

/** Asked of any object by `await`, `JSON.stringify`, and the printers of test runners; they mean nothing by it. */
const ASKED_BY_TOOLS: ReadonlySet<string> = new Set([
  'then',
  'toJSON',
  'asymmetricMatch',
  'nodeType',
  'tagName',
  '$$typeof',
  'inspect',
  'domain',
]);

const refuseMissing = (name: (receiver: unknown) => string): ProxyHandler<object> => ({
  get: (own, key, receiver): unknown =>
    typeof key === 'symbol' || key in own || ASKED_BY_TOOLS.has(key)
      ? Reflect.get(own, key, receiver)
      : notImplemented(`${name(receiver)}.${key}`),
});

/** The object, with every missing member throwing. Its methods must not use `#private` through `this`. */
export function strict<T extends object>(name: string, target: T): T {
  return new Proxy(
    target,
    refuseMissing(() => name),
  ) as T;
}

/**
 * Base of the stand-in's event emitters: missing members throw under the name of the class that was asked, and so does listening to
 * an event the stand-in can neither raise nor let a test raise.
 */
export abstract class StrictEmitter extends EventEmitter {
  /** The events a listener may wait for; the others would never come. */
  protected abstract get raises(): readonly string[];

  override on(event: string | symbol, listener: (...args: never[]) => void): this {
    this.#check(event);
    return super.on(event, listener as (...args: unknown[]) => void);
  }

  override once(event: string | symbol, listener: (...args: never[]) => void): this {
    this.#check(event);
    return super.once(event, listener as (...args: unknown[]) => void);
  }

  override addListener(event: string | symbol, listener: (...args: never[]) => void): this {
    return this.on(event, listener);
  }

  #check(event: string | symbol): void {
    if (!this.raises.includes(String(event)))
      notImplemented(`the event '${String(event)}' of ${this.constructor.name}`);
  }
}

// At the end of the prototype chain instead of round the instance: `#private` fields keep working.
Object.setPrototypeOf(
  StrictEmitter.prototype,
  new Proxy(
    EventEmitter.prototype,
    refuseMissing((receiver) => (receiver as object).constructor.name),
  ),
);

/** The first argument of Electron's preventable events. */
export interface StandinEvent {
  defaultPrevented: boolean;
  readonly preventDefault: () => void;
}

export function createEvent<T extends object>(extra: T): StandinEvent & T {
  const event: StandinEvent & T = {
    ...extra,
    defaultPrevented: false,
    preventDefault: () => {
      event.defaultPrevented = true;
    },
  };
  return event;
}
