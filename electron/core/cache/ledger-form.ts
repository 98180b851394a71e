/**
 * What a row of the ledger must be, table by table, so that a spoilt one is found when the
 * ledger is opened and not when it is used.
 */
import { z } from 'zod';
import { ROLES } from '../../../protocol/entities.ts';
import { mutations } from '../../../protocol/frames-up.ts';
import { channelName } from '../../bridge/views.ts';
import type { Value } from './sqlite.ts';

export type LedgerRow = Readonly<Record<string, Value>>;

const integer = z.number().int();
const text = z.string();
const flag = z.union([z.literal(0), z.literal(1)]);
const bytes = z.instanceof(Uint8Array);

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

/**
 * A change as the relay will take it: a frame that it refuses would cost the person the message.
 */
const frame = text.refine((json) => {
  const value = parsed(json) as { readonly t?: unknown } | null | undefined;
  const kind = value?.t;
  return (
    typeof kind === 'string' &&
    Object.hasOwn(mutations, kind) &&
    mutations[kind as keyof typeof mutations].safeParse(value).success
  );
});
const sameOp = (row: { readonly op: string; readonly frame: string }): boolean =>
  (parsed(row.frame) as { readonly op?: unknown } | undefined)?.op === row.op;

/** The order matters where rows are carried over: a team first, what belongs to it after. */
export const LEDGER_FORM = {
  team: z.object({
    key: integer.min(1),
    id: text.min(1),
    place: integer,
    address: text.min(1),
    fingerprint: text.nullable(),
    relay_team: text.min(1),
    name: text,
    me: text.min(1),
    handle: text,
    display_name: text,
    role: z.enum(ROLES),
    device: text,
    session: text,
    presence: z.enum(['here', 'away', 'dnd']),
    is_hosted_here: flag,
    state: z.enum(['in', 'signed-out', 'session-ended']),
    epoch: text.nullable(),
    member_invite_days: integer,
    member_invite_uses: integer,
    sealed_access: bytes.nullable(),
    sealed_refresh: bytes.nullable(),
    access_expires_at: z.number(),
  }),
  outbox: z
    .object({
      n: integer.min(1),
      team: integer,
      op: text,
      lane: text.min(1),
      channel: text,
      message: text.nullable(),
      frame,
      at: integer,
      state: z.enum(['waiting', 'failed']),
      why: text.nullable(),
      is_offer: flag,
    })
    .refine(sameOp),
  sent: z
    .object({
      team: integer,
      op: text,
      n: integer,
      channel: text,
      message: text.nullable(),
      frame,
      at: integer,
      // Without it the change could be resent to any relay.
      trust: text.min(1),
    })
    .refine(sameOp),
  draft: z.object({
    team: integer,
    channel: text.min(1),
    message: text,
    text,
    original: text.nullable(),
    at: integer,
  }),
  channel_name: z.object({
    team: integer,
    channel: text.min(1),
    json: text.refine((json) => channelName.safeParse(parsed(json)).success),
  }),
  setting: z.object({
    name: text.min(1),
    json: text.refine((json) => {
      const value = parsed(json);
      return typeof value === 'object' && value !== null;
    }),
  }),
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type LedgerTable = keyof typeof LEDGER_FORM;
export const LEDGER_TABLES = Object.keys(LEDGER_FORM) as readonly LedgerTable[];

export const isSound = (table: LedgerTable, row: LedgerRow): boolean =>
  LEDGER_FORM[table].safeParse(row).success;
