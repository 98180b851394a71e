/** How much may be sent at once: bytes of UTF-8, the wire's limit. A test holds the number to the wire's table. */
export const TEXT_LIMIT_BYTES = 16 * 1024;
/** How much of a draft is kept. A test holds this number to the table of limits as well. */
export const DRAFT_LIMIT_BYTES = 1024 * 1024;

export function sizeOf(text: string): number {
  // Below a third of the limit no text can be over it, and typing stays free of the encoder.
  return text.length * 3 <= TEXT_LIMIT_BYTES ? text.length : new TextEncoder().encode(text).length;
}

export const isDraftTooLong = (text: string): boolean =>
  text.length * 3 > DRAFT_LIMIT_BYTES && new TextEncoder().encode(text).length > DRAFT_LIMIT_BYTES;

/** Something can be seen in it: not only blanks, line ends and characters without width. */
export const isSendable = (text: string): boolean =>
  /[^\s\u00ad\u200b-\u200f\u2060\ufeff]/u.test(text);
