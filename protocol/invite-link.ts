/**
 * `landline://join?relay=10.0.0.5:7420&code=…&key=…`: everything a newcomer needs, in one line. `relay` names the
 * addresses to try, in order; `key` is the fingerprint of the relay's key, so that trust comes with the invite and
 * nobody is asked to click a warning away. A link without a key is for a relay behind a public certificate.
 */
import { fail, ok, type Result } from './result.ts';

export const DEFAULT_PORT = 7420;

/** SHA-256 of the relay's public key (SPKI, DER), 64 lower-case hex digits. */
export type Fingerprint = string;

export interface InviteLink {
  /** `setup` makes the team and its owner, `join` a member. */
  readonly purpose: 'join' | 'setup';
  /** `host` or `host:port`, IPv6 in brackets; at least one. */
  readonly relays: readonly string[];
  readonly code: string;
  readonly fingerprint: Fingerprint | null;
}

export type LinkFault = 'not-a-link' | 'no-relay' | 'no-code' | 'bad-key';

const ADDRESS = /^(?:\[[0-9a-f:.]{2,45}\]|[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,252}))(?::\d{1,5})?$/iu;
const FINGERPRINT = /^[0-9a-f]{64}$/;

export const isRelayAddress = (text: string): boolean =>
  ADDRESS.test(text) && Number(/:(\d+)$/.exec(text)?.[1] ?? 1) <= 65_535;
export const isFingerprint = (text: string): boolean => FINGERPRINT.test(text);

export function formatInviteLink(link: InviteLink): string {
  const part = encodeURIComponent;
  const key = link.fingerprint === null ? '' : `&key=${link.fingerprint}`;
  return `landline://${link.purpose}?relay=${link.relays.map(part).join(',')}&code=${part(link.code)}${key}`;
}

export function parseInviteLink(typed: string): Result<InviteLink, LinkFault> {
  const match = /^landline:(?:\/\/)?(join|setup)\/?\?(.{1,2000})$/i.exec(typed.trim());
  if (!match) return fail('not-a-link');
  const fields = new Map<string, string>();
  for (const pair of (match[2] ?? '').split('&')) {
    const at = pair.indexOf('=');
    if (at > 0 && !fields.has(pair.slice(0, at))) fields.set(pair.slice(0, at), pair.slice(at + 1));
  }
  const relays = (fields.get('relay') ?? '').split(',').map(decode).filter(isRelayAddress);
  if (relays.length === 0) return fail('no-relay');
  const code = decode(fields.get('code') ?? '');
  if (!/^[\w-]{1,64}$/.test(code)) return fail('no-code');
  const key = fields.get('key')?.toLowerCase() ?? null;
  if (key !== null && !isFingerprint(key)) return fail('bad-key');
  return ok({
    purpose: match[1]?.toLowerCase() === 'setup' ? 'setup' : 'join',
    relays: relays.slice(0, 8),
    code,
    fingerprint: key,
  });
}

/** `4F:2A:…:9C`, for people to compare. */
export const showFingerprint = (fingerprint: Fingerprint): string =>
  (fingerprint.match(/../g) ?? []).join(':').toUpperCase();

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
