/** Why a store cannot be opened, whatever database it is on. */

export type OpenFaultKind =
  /** Another relay has this store open. */
  | 'in-use'
  /** Written by a newer Landline. */
  | 'from-the-future'
  /** A file or database that is no Landline store. */
  | 'not-a-store'
  /** The folder, file or server cannot be read or written. */
  | 'not-accessible'
  /** Another server took the place of this one. */
  | 'left-behind'
  /** The team was moved to another store, or has not wholly arrived in this one. */
  | 'moved'
  /** The data folder has held a team, and the store holds none: it was lost, or a restore was killed. */
  | 'team-missing'
  /** The store holds another team than the data folder. */
  | 'other-team';

/** The store cannot be opened. The message is meant for the person who runs the relay. */
export class StoreOpenFault extends Error {
  override readonly name = 'StoreOpenFault';
  readonly kind: OpenFaultKind;
  constructor(kind: OpenFaultKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** @param place  what holds the store, as the beginning of a sentence */
export const movedAway = (place: string): StoreOpenFault =>
  new StoreOpenFault(
    'moved',
    `${place} held the team until it was moved to another store. Start the relay on that one.`,
  );
export const halfThere = (place: string): StoreOpenFault =>
  new StoreOpenFault(
    'moved',
    `${place} holds a part of the team: a move was not finished. Run the same move again.`,
  );
