/**
 * The log as the relay's parts see it: one event name in kebab-case and ids, sizes, counts beside it. Never the text of a message,
 * a token, a password, a code, or a name a person typed. What a field may be is said by its type: no nested objects.
 */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** `cause` is told by its name, message and stack; the caller has made sure that it quotes nobody. */
  error(event: string, fields?: LogFields, cause?: unknown): void;
}
