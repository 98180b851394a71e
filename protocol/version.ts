/**
 * Which wire this build speaks. A relay and a desktop that are one version apart interoperate: `hello` offers a
 * range and the relay picks. `version.test.ts` pins a fingerprint of every schema beside this number, so a change
 * of the wire cannot land without a decision about its version.
 */
export const PROTOCOL_VERSIONS = { min: 1, max: 1 } as const;

/** Offered and confirmed in `Sec-WebSocket-Protocol`. */
export const SUBPROTOCOL = 'landline.v1';

/** The only path that upgrades to a WebSocket. */
export const SOCKET_PATH = '/v1/ws';

/** Picks the highest version both sides speak, or nothing. */
export function pickVersion(offer: {
  readonly min: number;
  readonly max: number;
}): number | undefined {
  const version = Math.min(offer.max, PROTOCOL_VERSIONS.max);
  return version >= Math.max(offer.min, PROTOCOL_VERSIONS.min) ? version : undefined;
}
