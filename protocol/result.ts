/**
 * The outcome of something that may be refused. Expected failures travel as values so that a caller cannot
 * forget them; exceptions are left for bugs and broken machines.
 */
export type Result<T, E> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const fail = <E>(error: E): { readonly ok: false; readonly error: E } => ({
  ok: false,
  error,
});

/** Ends a `switch` over a tagged union: a case that is missing fails to compile, and an impossible value throws. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`);
}
