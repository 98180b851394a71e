/**
 * The relay's log: one JSON object per line with a time, a level, an event name and ids. The port admits flat fields only; on top of
 * that this file strikes out what looks like a secret (tokens, codes, hashes) wherever it appears, so that a mistake elsewhere, or an
 * error message that quotes what it choked on, still leaks nothing.
 */
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Log, LogFields } from '../ports/log.ts';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogParts {
  readonly level: LogLevel;
  /** Which relay of a cluster speaks; in every line. */
  readonly node: string;
  readonly destination: DestinationStream;
}

export function createLog({ level, node, destination }: LogParts): Log {
  const logger: Logger = pino(
    {
      level,
      base: { node },
      messageKey: 'event',
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    debug: (event, fields) => logger.debug(clean(fields), event),
    info: (event, fields) => logger.info(clean(fields), event),
    warn: (event, fields) => logger.warn(clean(fields), event),
    error: (event, fields, cause) => logger.error({ ...clean(fields), ...told(cause) }, event),
  };
}

/** Longer than any id, address or event; texts of people are longer. */
const LONGEST = 200;
const LONGEST_STACK = 4_000;

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, '[token]'],
  [/\bllr_[\w-]+/g, '[token]'],
  [/\bBearer\s+\S+/gi, 'Bearer [token]'],
  [/\$argon2[^\s"']+/g, '[hash]'],
  [/\b(?:[0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z]\b/gi, '[code]'],
  [/([?&](?:code|token|key|access|refresh|password)=)[^\s&"']+/gi, '$1[secret]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[key]'],
];

/** The text without anything that looks like a secret. */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text);
}

const SECRET_FIELDS = /pass|token|secret|code|hash|authorization|cookie/i;

function clean(fields: LogFields | undefined): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields ?? {})) {
    if (typeof value !== 'string') out[key] = value;
    else
      out[key] =
        SECRET_FIELDS.test(key) && key !== 'code'
          ? '[secret]'
          : withoutSecrets(value).slice(0, LONGEST);
  }
  return out;
}

function told(cause: unknown): Record<string, unknown> {
  if (cause === undefined) return {};
  if (!(cause instanceof Error)) return { error: 'not an Error' };
  const code = (cause as NodeJS.ErrnoException).code;
  return {
    error: cause.name,
    ...(typeof code === 'string' ? { errno: code } : {}),
    message: withoutSecrets(cause.message).slice(0, LONGEST),
    stack: withoutSecrets(cause.stack ?? '').slice(0, LONGEST_STACK),
  };
}

/** For tests and tools that listen to nobody. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
