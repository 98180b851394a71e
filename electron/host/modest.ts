/**
 * Holds what came over the bridge against plain limits before any schema looks at it: only JSON values, of bounded depth,
 * count and length, without keys that reach for a prototype. Cost is bounded by the limits, whatever the value is.
 */
const MAX_DEPTH = 12;
const MAX_VALUES = 5_000;
/** UTF-16 units over all strings and keys; the largest message is 64 Ki. */
const MAX_UNITS = 256 * 1024;
const REACHING_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

export function isModest(whole: unknown): boolean {
  let values = 0;
  let units = 0;
  const holds = (value: unknown, depth: number): boolean => {
    values += 1;
    if (values > MAX_VALUES || depth > MAX_DEPTH) return false;
    switch (typeof value) {
      case 'string':
        units += value.length;
        return units <= MAX_UNITS;
      case 'number':
        return Number.isFinite(value);
      case 'boolean':
        return true;
      case 'undefined':
        // An optional field left open; structured clone carries it, JSON drops it.
        return depth > 0;
      case 'object':
        break;
      default:
        return false;
    }
    if (value === null) return true;
    if (Array.isArray(value))
      return value.length <= MAX_VALUES && value.every((one) => holds(one, depth + 1));
    if (!isPlain(value)) return false;
    for (const key in value) {
      if (REACHING_KEYS.has(key) || !Object.hasOwn(value, key)) return false;
      units += key.length;
      if (units > MAX_UNITS) return false;
      if (!holds((value as Record<string, unknown>)[key], depth + 1)) return false;
    }
    return true;
  };
  return holds(whole, 0);
}
