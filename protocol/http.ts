/**
 * The few things said over HTTPS instead of the socket: who a relay is, and how a device gets its first tokens.
 * Bodies are JSON; a refusal is the body `{ "refusal": … }` with a fitting status code.
 */
import { z } from 'zod';
import { handle, member, name, role, team } from './entities.ts';
import { refusal } from './errors.ts';
import { memberId, sessionId } from './ids.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const password = z.string().min(1).max(DEFAULT_LIMITS.passwordMaxBytes);
/** What the person calls this device: "Priya's laptop". */
const device = name;
const code = z.string().min(1).max(64);

export const HTTP = {
  relay: '/v1/relay',
  setup: '/v1/setup',
  invite: '/v1/invite',
  join: '/v1/join',
  signIn: '/v1/sign-in',
  refresh: '/v1/refresh',
  signOut: '/v1/sign-out',
  health: '/healthz',
  ready: '/readyz',
} as const;

/** GET relay: answered to anybody, so it says little. */
export const relayInfo = z.object({
  product: z.literal('landline'),
  versions: z.object({ min: z.number().int(), max: z.number().int() }),
  /** Null until the team was set up. */
  team: z.object({ id: z.string(), name: z.string() }).nullable(),
});
export type RelayInfo = Readonly<z.infer<typeof relayInfo>>;

/** POST setup: makes the team and its owner, once, with the code the relay printed at first start. */
export const setupRequest = z.strictObject({ code, team: name, name, handle, password, device });
/** POST invite: what an invite code leads to, before a person decides. */
export const inviteRequest = z.strictObject({ code });
export const inviteInfo = z.object({
  team,
  role,
  invitedBy: z.string(),
  expiresAt: z.number().int(),
});
/** POST join: makes a member with an invite's code. */
export const joinRequest = z.strictObject({ code, name, handle, password, device });
export const signInRequest = z.strictObject({
  handle: z.string().min(1).max(200),
  password,
  device,
});
export const refreshRequest = z.strictObject({ refresh: z.string().min(1).max(200) });
/** POST sign-out: ends the session this token belongs to. Answered by `{}`; signing out twice is no fault. */
export const signOutRequest = refreshRequest;

export const tokens = z.object({
  access: z.string(),
  accessExpiresInMs: z.number().int(),
  refresh: z.string(),
});
export type Tokens = Readonly<z.infer<typeof tokens>>;

/** The answer to setup, join and sign-in. */
export const signedIn = z.object({ team, member, session: sessionId, tokens });
export type SignedIn = Readonly<z.infer<typeof signedIn>>;
export const refreshed = z.object({ member: memberId, session: sessionId, tokens });

/** A refusal, an upgrade's too, is this body whatever its status. What refuses without it is not a relay but something before it. */
const refused = z.object({ refusal });

export function isRefusal(text: string): boolean {
  try {
    return refused.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
