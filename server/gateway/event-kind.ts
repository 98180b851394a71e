/**
 * The kind of an event, read from its text without parsing it. The store writes `seq`, `at`, `by` and `kind` first, in this order, so
 * the first `"kind":"` is the event's own; a member's text comes later and its quotes are escaped.
 */
const MARK = '"kind":"';

export function kindOf(json: string): string {
  const start = json.indexOf(MARK) + MARK.length;
  return json.slice(start, json.indexOf('"', start));
}
