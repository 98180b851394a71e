/** Ends a `switch` over a tagged union: a missing case fails to compile. The wire has the same; the window takes only its types. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`);
}
