/**
 * The tokens of one session. A new pair is sealed and on disk before its first use: a crash between can then cost
 * nothing, because the relay lets the pair before it be used once more. Renewed over the socket at half its life, over
 * HTTPS when it ran out before a dial. Never logged, never handed to the window.
 */
import { HTTP, refreshed, type Tokens as Pair } from '../../../protocol/http.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { TeamRecord } from '../cache/ledger-rows.ts';
import type { RenewFault } from '../connection/line-events.ts';
import type { Clock, RelayNet, SecretBox } from '../ports.ts';
import { askRelay, targetOf } from './http.ts';

export interface TokensParts {
  readonly clock: Clock;
  readonly net: RelayNet;
  readonly secrets: SecretBox;
  readonly record: () => TeamRecord;
  /** Durable when it returns. */
  readonly save: (change: Partial<TeamRecord>) => void;
}

export interface Tokens {
  /** A token to dial with, renewed first when it is known to be over. */
  access(): Promise<Result<string, RenewFault>>;
  renew(): Promise<Result<string, RenewFault>>;
  /** For the refresh over the socket; undefined when there is none to be had. */
  refreshToken(): string | undefined;
  adopt(pair: Pair): void;
}

/** A token this close to its end would die on the way. */
const MARGIN_MS = 15_000;

export function sealPair(
  pair: Pair,
  secrets: SecretBox,
  clock: Clock,
): Pick<TeamRecord, 'sealedAccess' | 'sealedRefresh' | 'accessExpiresAt'> {
  return {
    sealedAccess: secrets.seal(pair.access),
    sealedRefresh: secrets.seal(pair.refresh),
    accessExpiresAt: clock.now() + pair.accessExpiresInMs,
  };
}

export function createTokens({ clock, net, secrets, record, save }: TokensParts): Tokens {
  let renewing: Promise<Result<string, RenewFault>> | undefined;

  const unsealed = (sealed: Uint8Array | null): string | undefined =>
    sealed === null ? undefined : secrets.unseal(sealed);

  const renewOverHttp = async (): Promise<Result<string, RenewFault>> => {
    const { address, fingerprint, sealedRefresh } = record();
    const refresh = unsealed(sealedRefresh);
    if (refresh === undefined) return fail({ kind: 'ended' });
    const answer = await askRelay(
      net,
      targetOf(address, fingerprint),
      { method: 'POST', path: HTTP.refresh, body: { refresh } },
      refreshed,
    );
    if (!answer.ok) return fail(renewFault(answer.error));
    // Signed out while the answer was on its way: nothing of that session is kept.
    if (record().sealedRefresh === null) return fail({ kind: 'ended' });
    save(sealPair(answer.value.tokens, secrets, clock));
    return ok(answer.value.tokens.access);
  };

  const renew = (): Promise<Result<string, RenewFault>> =>
    (renewing ??= renewOverHttp().finally(() => {
      renewing = undefined;
    }));

  return {
    access: async () => {
      const { sealedAccess, accessExpiresAt } = record();
      const access = unsealed(sealedAccess);
      return access === undefined || accessExpiresAt - clock.now() < MARGIN_MS
        ? renew()
        : ok(access);
    },
    renew,
    refreshToken: () => unsealed(record().sealedRefresh),
    adopt: (pair) => save(sealPair(pair, secrets, clock)),
  };
}

function renewFault(problem: {
  readonly kind: string;
  readonly retryAfterMs?: number | undefined;
  readonly expectedKey?: string | undefined;
  readonly seenKey?: string | undefined;
}): RenewFault {
  switch (problem.kind) {
    case 'session-ended':
    case 'wrong-credentials':
      return { kind: 'ended' };
    case 'key-mismatch':
      return {
        kind: 'key-mismatch',
        expected: problem.expectedKey ?? '',
        seen: problem.seenKey ?? '',
      };
    case 'not-a-relay':
      return { kind: 'not-a-relay' };
    case 'unreachable':
      return { kind: 'unreachable' };
    default:
      return { kind: 'refused', status: 503, retryAfterMs: problem.retryAfterMs ?? null };
  }
}
