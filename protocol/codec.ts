/**
 * Text to frames and back. The border of the wire: whoever holds an `UpFrame` or a `DownFrame` may trust its shape.
 * Decoding never throws; what is wrong comes back as a refusal that names the first wrong field and, when the frame
 * was readable so far, the `op` or `req` it answers to.
 */
import type { z } from 'zod';
import { refuse, type Refusal } from './errors.ts';
import { DOWN_SCHEMAS, type DownFrame } from './frames-down.ts';
import { UP_SCHEMAS, type UpFrame } from './frames-up.ts';
import { fail, ok, type Result } from './result.ts';

export interface BadFrame {
  readonly refusal: Refusal;
  readonly op?: string;
  readonly req?: number;
}

export function decodeUp(text: string): Result<UpFrame, BadFrame> {
  const raw = parseObject(text);
  if (!raw) return fail({ refusal: refuse('bad-request') });
  const t = raw['t'];
  if (typeof t !== 'string' || !Object.hasOwn(UP_SCHEMAS, t))
    return fail({ refusal: refuse('unknown-frame'), ...address(raw) });
  const parsed = UP_SCHEMAS[t as keyof typeof UP_SCHEMAS].safeParse(raw);
  if (parsed.success) return ok(parsed.data as UpFrame);
  return fail({
    refusal: refuse('bad-request', { field: firstField(parsed.error) }),
    ...address(raw),
  });
}

/** A frame this build does not know (or cannot read) is `undefined`: a newer relay may send some. */
export function decodeDown(text: string): DownFrame | undefined {
  const raw = parseObject(text);
  const t = raw?.['t'];
  if (typeof t !== 'string' || !Object.hasOwn(DOWN_SCHEMAS, t)) return undefined;
  const parsed = DOWN_SCHEMAS[t as keyof typeof DOWN_SCHEMAS].safeParse(raw);
  return parsed.success ? parsed.data : undefined;
}

export const encodeUp = (frame: UpFrame): string => JSON.stringify(frame);
export const encodeDown = (frame: DownFrame): string => JSON.stringify(frame);

/** The first wrong place of a schema error, as a dotted path. */
export function firstField(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return '';
  if (issue.code === 'unrecognized_keys')
    return [...issue.path, issue.keys[0] ?? ''].map(String).join('.').slice(0, 200);
  return issue.path.map(String).join('.').slice(0, 200);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw)
    ? (raw as Record<string, unknown>)
    : undefined;
}

function address(raw: Record<string, unknown>): { readonly op?: string; readonly req?: number } {
  const op = raw['op'];
  const req = raw['req'];
  return {
    ...(typeof op === 'string' && op.length <= 36 ? { op } : {}),
    ...(typeof req === 'number' && Number.isSafeInteger(req) ? { req } : {}),
  };
}
