/** Why the place of a team's blobs cannot be used, whatever kind of place it is. */

export type BlobsFaultKind =
  /** What `--blobs` names is no folder and describes no storage server. */
  | 'bad-blobs-place'
  /** The place cannot be read or written. */
  | 'blobs-not-accessible'
  /** The team's blobs are at another place than this. */
  | 'blobs-elsewhere';

/** The blobs cannot be opened. The message is meant for the person who runs the relay. */
export class BlobsOpenFault extends Error {
  override readonly name = 'BlobsOpenFault';
  readonly kind: BlobsFaultKind;
  constructor(kind: BlobsFaultKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
