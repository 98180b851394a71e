/**
 * By what this computer knows a relay again: the fingerprint of its key, or the name that a public
 * certificate proves. Two addresses with one trust are one relay; one address with two trusts is
 * two relays, whatever team and member they claim.
 */
import { splitAddress } from '../connection/secure-line.ts';
import { targetOf } from './http.ts';

export interface Trusted {
  readonly address: string;
  readonly fingerprint: string | null;
}

/** Compared as a whole; also what the journal keeps beside each acknowledged change. */
export function trustOf({ address, fingerprint }: Trusted): string {
  const target = targetOf(address, fingerprint);
  // Plain is only loopback, where every account may listen at another port.
  if (target.isPlain === true) return `plain:${target.address}`;
  if (fingerprint !== null) return `key:${fingerprint}`;
  return `name:${splitAddress(address)?.host ?? address}`;
}
