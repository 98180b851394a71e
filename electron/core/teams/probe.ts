/**
 * Finds out what a typed address or an invite leads to, without giving anything away: the key is looked at first, and
 * only the invite's own code is said, and only to the key that the invite names.
 */
import { HTTP, inviteInfo, relayInfo } from '../../../protocol/http.ts';
import {
  DEFAULT_PORT,
  isRelayAddress,
  parseInviteLink,
  type InviteLink,
} from '../../../protocol/invite-link.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { Problem, RelayFound } from '../../bridge/commands.ts';
import { isLoopback, splitAddress } from '../connection/secure-line.ts';
import type { RelayNet } from '../ports.ts';
import { ofFault } from '../problems.ts';
import { askRelay, targetOf } from './http.ts';

export async function probeRelay(
  typed: string,
  net: RelayNet,
): Promise<Result<RelayFound, Problem>> {
  if (!/^\s*landline:/i.test(typed)) return probeAddress(typed, net);
  const link = parseInviteLink(typed);
  return link.ok ? probeInvite(link.value, net) : fail({ kind: 'bad-invite' });
}

async function probeAddress(typed: string, net: RelayNet): Promise<Result<RelayFound, Problem>> {
  const address = cleanAddress(typed);
  if (address === undefined) return fail({ kind: 'bad-address' });
  if (targetOf(address, null).isPlain === true) return describe(address, null, net);
  const seen = await net.peek(address);
  return seen.ok ? describe(address, seen.value.fingerprint, net) : fail(ofFault(seen.error));
}

/** The addresses of an invite are tried in their order; the fault of the first is told when none answers. */
async function probeInvite(link: InviteLink, net: RelayNet): Promise<Result<RelayFound, Problem>> {
  let first: Problem | undefined;
  for (const relay of link.relays) {
    const address = cleanAddress(relay);
    if (address === undefined) continue;
    const found = await describe(address, link.fingerprint, net);
    if (!found.ok) {
      first ??= found.error;
      continue;
    }
    const asked = await withInvite(found.value, link, net);
    if (asked.ok || asked.error.kind !== 'unreachable') return asked;
  }
  return fail(first ?? { kind: 'bad-invite' });
}

async function describe(
  address: string,
  fingerprint: string | null,
  net: RelayNet,
): Promise<Result<RelayFound, Problem>> {
  const info = await askRelay(
    net,
    targetOf(address, fingerprint),
    { method: 'GET', path: HTTP.relay },
    relayInfo,
  );
  if (!info.ok) return info;
  const { team } = info.value;
  return ok({
    address,
    teamName: team?.name ?? null,
    fingerprint,
    isPinnedByInvite: false,
    needsSetup: team === null,
    invite: null,
  });
}

async function withInvite(
  found: RelayFound,
  link: InviteLink,
  net: RelayNet,
): Promise<Result<RelayFound, Problem>> {
  const pinned = {
    ...found,
    isPinnedByInvite: link.fingerprint !== null,
    invite: { code: link.code, invitedBy: null },
  };
  if (link.purpose === 'setup') return found.needsSetup ? ok(pinned) : fail({ kind: 'setup-done' });
  const target = targetOf(found.address, found.fingerprint);
  const info = await askRelay(
    net,
    target,
    { method: 'POST', path: HTTP.invite, body: { code: link.code } },
    inviteInfo,
  );
  if (info.ok)
    return ok({
      ...pinned,
      teamName: info.value.team.name,
      invite: { code: link.code, invitedBy: info.value.invitedBy },
    });
  return fail(
    info.error.kind === 'wrong-credentials' || info.error.kind === 'not-found'
      ? { kind: 'bad-invite' }
      : info.error,
  );
}

/** `https://relay.example/` → `relay.example:7420`; undefined when it is no address. */
export function cleanAddress(typed: string): string | undefined {
  const text = typed.trim();
  const scheme = /^(\w+):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && !['https', 'wss', 'http', 'ws'].includes(scheme)) return undefined;
  const bare = text.replace(/^\w+:\/\//, '').replace(/\/+$/, '');
  if (!isRelayAddress(bare)) return undefined;
  const at = splitAddress(bare);
  if (!at) return undefined;
  const host = at.host.includes(':') ? `[${at.host}]` : at.host.toLowerCase();
  const full = `${host}:${at.port || DEFAULT_PORT}`;
  const isPlain = scheme === 'http' || scheme === 'ws';
  if (isPlain) return isLoopback(at.host) ? `ws://${full}` : undefined;
  return full;
}
