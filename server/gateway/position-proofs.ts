/**
 * Proofs of positions: a name of the event (the random end of its operation id) and an HMAC over
 * epoch, feed, number and that name. A relay can so tell that an event stood in a feed
 * though its store does not have it: the store has gone back in time, and not the client ahead.
 */
import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Proof } from '../../protocol/feeds.ts';
import type { Epoch, FeedId } from '../../protocol/ids.ts';
import type { Mark } from '../ports/store.ts';

/** As many characters as a UUID has in its last group: 48 random bits. */
const NAME_LENGTH = 12;
const MAC_BYTES = 16;

export interface PositionProofs {
  /** What to give out with this event of the current epoch. */
  prove(feed: FeedId, seq: number, mark: Mark): Proof;
  /** Whether a relay of the team gave this out, in the current epoch. */
  isOurs(feed: FeedId, seq: number, proof: Proof): boolean;
  /** Whether the proof, ours or not, is about the event with this mark. */
  isAbout(proof: Proof, mark: Mark): boolean;
}

export function createPositionProofs(key: KeyObject, epoch: () => Epoch): PositionProofs {
  const macOf = (feed: FeedId, seq: number, name: string): Buffer =>
    createHmac('sha256', key)
      .update(`landline position\n${epoch()}\n${feed}\n${seq}\n${name}`)
      .digest()
      .subarray(0, MAC_BYTES);
  return {
    prove: (feed, seq, mark) => {
      const name = nameOf(mark);
      return `${name}${macOf(feed, seq, name).toString('base64url')}`;
    },
    isOurs: (feed, seq, proof) => {
      const mac = Buffer.from(proof.slice(NAME_LENGTH), 'base64url');
      return (
        mac.length === MAC_BYTES &&
        timingSafeEqual(mac, macOf(feed, seq, proof.slice(0, NAME_LENGTH)))
      );
    },
    isAbout: (proof, mark) => proof.startsWith(nameOf(mark)),
  };
}

/** Events that accompany others have no operation id; the time tells them apart. */
const nameOf = ({ at, op }: Mark): string =>
  op === null ? at.toString(36).padStart(NAME_LENGTH, '_') : op.slice(-NAME_LENGTH);
