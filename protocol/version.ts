/**
 * Which wire this build speaks. A relay and a desktop that are one version apart interoperate: `hello` offers a
 * range and the relay picks. `version.test.ts` pins a fingerprint of every schema beside this number, so a change
 * of the wire cannot land without a decision about its version.
 */
export const PROTOCOL_VERSIONS = { min: 1, max: 1 } as const;

/**
 * Counts up when this build learns a kind of event, or a field that made an event unreadable before. A desktop then applies the events
 * that it kept without knowing them. `version.test.ts` pins a fingerprint of the events' schemas beside it.
 */
export const EVENT_KINDS_VERSION = 1;

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
