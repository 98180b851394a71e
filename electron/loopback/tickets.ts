/**
 * Who may speak to the host: a one-time ticket, given in the fragment of the printed address (which no browser sends anywhere),
 * is exchanged once for the secret of a tab. Tickets and secrets are kept as hashes and compared by look-up of the hash, so
 * the time an answer takes tells nothing about them.
 */
import { createHash } from 'node:crypto';
import type { Random } from '../core/ports.ts';

export interface Tickets {
  /** A new ticket, good for one tab. */
  issue(): string;
  /** The secret a tab shall use from now on; undefined for a ticket that was used, is not ours, or too many came after. */
  redeem(ticket: string): string | undefined;
  isSecret(secret: string): boolean;
}

/** Addresses printed and never opened are forgotten, oldest first. */
const MAX_OPEN_TICKETS = 8;
const MAX_SECRETS = 64;
const BYTES = 24;

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

function keep(set: Set<string>, one: string, most: number): void {
  set.add(one);
  for (const oldest of set) {
    if (set.size <= most) break;
    set.delete(oldest);
  }
}

/** @param onRedeemed  receives each ticket that was exchanged */
export function createTickets(
  random: Pick<Random, 'bytes'>,
  onRedeemed: (ticket: string) => void = () => undefined,
): Tickets {
  const tickets = new Set<string>();
  const secrets = new Set<string>();
  const draw = (): string => Buffer.from(random.bytes(BYTES)).toString('base64url');
  return {
    issue() {
      const ticket = draw();
      keep(tickets, hash(ticket), MAX_OPEN_TICKETS);
      return ticket;
    },
    redeem(ticket) {
      if (!tickets.delete(hash(ticket))) return undefined;
      onRedeemed(ticket);
      const secret = draw();
      keep(secrets, hash(secret), MAX_SECRETS);
      return secret;
    },
    isSecret: (secret) => secrets.has(hash(secret)),
  };
}
