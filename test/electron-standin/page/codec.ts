/**
 * Structured-clone values as text and back, for the wire between main and the page. Keeps what Electron's IPC keeps (dates, maps,
 * sets, typed arrays, errors, shared and cyclic references, -0, undefined) and refuses the rest with Electron's words. Also runs
 * inside the page: `createCodec` is sent there as source, so it may use nothing outside itself.
 */
export interface Codec {
  /** @throws Error  'An object could not be cloned.' */
  encode(value: unknown): string;
  decode(text: string): unknown;
}

export function createCodec(): Codec {
  type Packed = string | number | boolean | null | readonly unknown[];
  type ViewMaker = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;
  const uncloneable = (): Error => new Error('An object could not be cloned.');
  const integers: readonly ViewMaker[] = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
  ];
  const wide: readonly ViewMaker[] = [
    BigInt64Array,
    BigUint64Array,
    Float32Array,
    Float64Array,
    DataView,
  ];
  const views = new Map([...integers, ...wide].map((maker) => [maker.name, maker]));
  const errors = new Map(
    [RangeError, TypeError, SyntaxError, ReferenceError, EvalError, URIError].map((kind) => [
      kind.name,
      kind,
    ]),
  );

  const toBase64 = (bytes: Uint8Array): string => {
    let binary = '';
    for (let at = 0; at < bytes.length; at += 32_768)
      binary += String.fromCharCode(...bytes.subarray(at, at + 32_768));
    return btoa(binary);
  };
  const fromBase64 = (text: string): ArrayBuffer => {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return bytes.buffer;
  };

  function packer(): (value: unknown) => Packed {
    const seen = new Map<object, number>();
    const packObject = (value: object, id: number): Packed => {
      if (Array.isArray(value)) {
        const items = value as readonly unknown[];
        return [
          'array',
          id,
          items.length,
          Object.keys(items).map((key) => [key, pack(items[Number(key)])]),
        ];
      }
      if (value instanceof Date) return ['date', id, pack(value.getTime())];
      if (value instanceof RegExp) return ['regexp', id, value.source, value.flags];
      if (value instanceof Map)
        return ['map', id, [...value].map(([key, item]) => [pack(key), pack(item)])];
      if (value instanceof Set) return ['set', id, [...value].map((item) => pack(item))];
      if (value instanceof Error)
        return [
          'error',
          id,
          value.name,
          value.message,
          value.stack ?? '',
          'cause' in value ? [pack(value.cause)] : [],
        ];
      if (value instanceof ArrayBuffer) return ['buffer', id, toBase64(new Uint8Array(value))];
      if (ArrayBuffer.isView(value)) {
        const name = Object.prototype.toString.call(value).slice(8, -1);
        const { length } =
          value instanceof DataView ? { length: value.byteLength } : (value as Uint8Array);
        return ['view', id, name, pack(value.buffer), value.byteOffset, length];
      }
      if (value instanceof Boolean || value instanceof Number || value instanceof String)
        return ['boxed', id, pack(value.valueOf())];
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) throw uncloneable();
      return ['object', id, Object.entries(value).map(([key, item]) => [key, pack(item)])];
    };
    const pack = (value: unknown): Packed => {
      switch (typeof value) {
        case 'string':
        case 'boolean':
          return value;
        case 'undefined':
          return ['undefined'];
        case 'number':
          return Number.isFinite(value) && !Object.is(value, -0)
            ? value
            : ['number', Object.is(value, -0) ? '-0' : String(value)];
        case 'bigint':
          return ['bigint', String(value)];
        case 'object': {
          if (value === null) return null;
          const known = seen.get(value);
          if (known !== undefined) return ['ref', known];
          seen.set(value, seen.size);
          return packObject(value, seen.size - 1);
        }
        default:
          throw uncloneable();
      }
    };
    return pack;
  }

  function unpacker(): (packed: unknown) => unknown {
    const made: unknown[] = [];
    const keep = <T>(id: unknown, value: T): T => {
      made[Number(id)] = value;
      return value;
    };
    const unpack = (packed: unknown): unknown => {
      if (!Array.isArray(packed)) return packed;
      const [tag, id, first, second, third, fourth] = packed as readonly unknown[];
      const pairs = (list: unknown): readonly (readonly [unknown, unknown])[] =>
        list as readonly (readonly [unknown, unknown])[];
      switch (tag) {
        case 'undefined':
          return undefined;
        case 'number':
          return Number(id);
        case 'bigint':
          return BigInt(id as string);
        case 'ref':
          return made[Number(id)];
        case 'array': {
          const array = keep(id, new Array<unknown>(first as number));
          for (const [key, item] of pairs(second)) array[Number(key)] = unpack(item);
          return array;
        }
        case 'object': {
          const object = keep(id, {});
          // Defined, not assigned: a key named __proto__ must stay data.
          for (const [key, item] of pairs(first)) {
            Object.defineProperty(object, key as string, {
              value: unpack(item),
              writable: true,
              enumerable: true,
              configurable: true,
            });
          }
          return object;
        }
        case 'date':
          return keep(id, new Date(unpack(first) as number));
        case 'regexp':
          return keep(id, new RegExp(first as string, second as string));
        case 'map': {
          const map = keep(id, new Map<unknown, unknown>());
          for (const [key, item] of pairs(first)) map.set(unpack(key), unpack(item));
          return map;
        }
        case 'set': {
          const set = keep(id, new Set<unknown>());
          for (const item of first as readonly unknown[]) set.add(unpack(item));
          return set;
        }
        case 'error': {
          const error = keep(id, new (errors.get(first as string) ?? Error)(second as string));
          error.stack = third as string;
          const [cause] = fourth as readonly unknown[];
          if (cause !== undefined) error.cause = unpack(cause);
          return error;
        }
        case 'buffer':
          return keep(id, fromBase64(first as string));
        case 'view': {
          const Maker = views.get(first as string);
          if (Maker === undefined) throw uncloneable();
          return keep(
            id,
            new Maker(unpack(second) as ArrayBuffer, third as number, fourth as number),
          );
        }
        case 'boxed':
          return keep(id, Object(unpack(first)) as unknown);
        default:
          throw new Error(`stand-in: a value of unknown kind ${String(tag)}`);
      }
    };
    return unpack;
  }

  return {
    encode: (value) => {
      let cloned: unknown;
      try {
        cloned = structuredClone(value);
      } catch {
        throw uncloneable();
      }
      return JSON.stringify(packer()(cloned));
    },
    decode: (text) => unpacker()(JSON.parse(text)),
  };
}
