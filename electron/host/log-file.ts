/**
 * The host's log: one JSON object a line, in a file of the data folder that is turned over at a size limit and kept once.
 * Contents cannot get in by accident: of an error only its name, code and the places in the code are written, never its
 * message (a parser's message quotes what it parsed), and a field that is no short plain value is left out. A disk that
 * refuses silences the log, never the app.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Log } from '../core/ports.ts';

export interface LogFileParts {
  readonly path: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly maxBytes?: number;
}

type Level = 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;

const DEFAULT_MAX_BYTES = 2 * 1024 * 1024;
const MAX_TEXT = 200;
const MAX_FRAMES = 12;

function describeError(error: Error): Fields {
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim());
  const code = (error as { readonly code?: unknown }).code;
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    frames,
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  };
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return describeError(value);
  if (typeof value === 'string') return value.slice(0, MAX_TEXT);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  return undefined;
}

export function createLogFile({ path, clock, maxBytes = DEFAULT_MAX_BYTES }: LogFileParts): Log {
  let size = 0;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    // The first write fails the same way and is silent as well.
  }

  const write = (level: Level, event: string, fields: Fields = {}): void => {
    const entries = Object.entries(fields).map(([key, value]) => [key, plain(value)] as const);
    const line = `${JSON.stringify({ at: new Date(clock.now()).toISOString(), level, event, ...Object.fromEntries(entries) })}\n`;
    try {
      if (size > 0 && size + line.length > maxBytes) {
        renameSync(path, `${path}.1`);
        size = 0;
      }
      appendFileSync(path, line, { mode: 0o600 });
      size += Buffer.byteLength(line);
    } catch {
      // Nothing to tell it to: the log is where it would go.
    }
  };

  return {
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
  };
}
