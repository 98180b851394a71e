/**
 * Finds out what a typed address or an invite leads to, without giving anything away: the key is looked at first, and
 * only the invite's own code is said, and only to the key that the invite names. A relay that
 * claims a team which is here under another key is reported as such.
 */
import { HTTP, inviteInfo, relayInfo } from '../../../protocol/http.ts';
import {
  DEFAULT_PORT,
  isRelayAddress,
  parseInviteLink,
  type InviteLink,
} from '../../../protocol/invite-link.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { KnownTeam, Problem, RelayFound } from '../../bridge/commands.ts';
import { isLoopback, splitAddress } from '../connection/secure-line.ts';
import type { RelayNet } from '../ports.ts';
import { ofFault } from '../problems.ts';
import { askRelay, targetOf } from './http.ts';
import { trustOf, type Trusted } from './trust.ts';

/** A team on this computer, as far as a relay can claim it. */
export interface Claimable extends Trusted {
  readonly relayTeam: string;
  readonly name: string;
}

export const knownTeam = ({ name, address, fingerprint }: Claimable): KnownTeam => ({
  name,
  address,
  fingerprint,
  trust: trustOf({ address, fingerprint }),
});

/** @param here  the teams on this computer */
export async function probeRelay(
  typed: string,
  net: RelayNet,
  here: readonly Claimable[],
): Promise<Result<RelayFound, Problem>> {
  const at: ProbeParts = { net, here };
  if (!/^\s*landline:/i.test(typed)) return probeAddress(typed, at);
  const link = parseInviteLink(typed);
  return link.ok ? probeInvite(link.value, at) : fail({ kind: 'bad-invite' });
}

interface ProbeParts {
  readonly net: RelayNet;
  readonly here: readonly Claimable[];
}

async function probeAddress(
  typed: string,
  parts: ProbeParts,
): Promise<Result<RelayFound, Problem>> {
  const address = cleanAddress(typed);
  if (address === undefined) return fail({ kind: 'bad-address' });
  if (targetOf(address, null).isPlain === true) return describe(address, null, parts);
  const seen = await parts.net.peek(address);
  return seen.ok ? describe(address, seen.value.fingerprint, parts) : fail(ofFault(seen.error));
}

/** The addresses of an invite are tried in their order; the fault of the first is told when none answers. */
async function probeInvite(
  link: InviteLink,
  parts: ProbeParts,
): Promise<Result<RelayFound, Problem>> {
  let first: Problem | undefined;
  for (const relay of link.relays) {
    const address = cleanAddress(relay);
    if (address === undefined) continue;
    const found = await describe(address, link.fingerprint, parts);
    if (!found.ok) {
      first ??= found.error;
      continue;
    }
    const asked = await withInvite(found.value, link, parts.net);
    if (asked.ok || asked.error.kind !== 'unreachable') return asked;
  }
  return fail(first ?? { kind: 'bad-invite' });
}

async function describe(
  address: string,
  fingerprint: string | null,
  { net, here }: ProbeParts,
): Promise<Result<RelayFound, Problem>> {
  const info = await askRelay(
    net,
    targetOf(address, fingerprint),
    { method: 'GET', path: HTTP.relay },
    relayInfo,
  );
  if (!info.ok) return info;
  const { team } = info.value;
  const trust = trustOf({ address, fingerprint });
  const claimed = here.find((one) => one.relayTeam === team?.id && trustOf(one) !== trust);
  return ok({
    address,
    teamName: team?.name ?? null,
    fingerprint,
    isPinnedByInvite: false,
    needsSetup: team === null,
    invite: null,
    replaces: claimed ? knownTeam(claimed) : null,
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
