/**
 * Where a team's blobs are, and whether that is where they are. On SQLite they lie in the data folder unless `--blobs` names a place; on
 * PostgreSQL, where relays may be several, nowhere until it does. A named place bears a mark with the team and an id of its own; the store
 * remembers the id. So a relay that is told of another place than the others, or whose share is not mounted, does not start and says why,
 * where it would otherwise look empty and take blobs that nobody finds.
 */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { TeamId } from '../protocol/ids.ts';
import { BlobsOpenFault } from './ports/blobs-open-fault.ts';
import { BlobsUnavailable, type Blobs } from './ports/blobs.ts';
import type { Random } from './ports/clock.ts';
import type { Store } from './ports/store.ts';

export interface BlobsSettings {
  readonly data: string;
  readonly postgres?: string | null;
  /** Path of a folder, or of a file that describes a storage server. */
  readonly blobs?: string | null;
}

export interface BlobsParts {
  readonly settings: BlobsSettings;
  readonly store: Pick<Store, 'teamId' | 'blobsPlace' | 'write'>;
  readonly random: Random;
  /** The place that such settings name, untouched; null where there is none. */
  create(settings: BlobsSettings): Promise<Blobs | null>;
}

/** The place that settings name. */
export type BlobsWhere =
  | { readonly kind: 'none' }
  | { readonly kind: 'own'; readonly folder: string }
  | { readonly kind: 'folder'; readonly folder: string }
  /** Described in this file. */
  | { readonly kind: 's3'; readonly file: string };

/** @throws BlobsOpenFault  there is nothing where `--blobs` points */
export function whereBlobsAre({ data, postgres = null, blobs = null }: BlobsSettings): BlobsWhere {
  if (blobs === null)
    return postgres === null ? { kind: 'own', folder: ownFolder(data) } : { kind: 'none' };
  let found;
  try {
    found = statSync(blobs);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new BlobsOpenFault(
      'bad-blobs-place',
      `--blobs names ${blobs}, which cannot be found (${code}). Make or mount it first.`,
      error,
    );
  }
  if (found.isDirectory()) return { kind: 'folder', folder: blobs };
  if (found.isFile()) return { kind: 's3', file: blobs };
  throw new BlobsOpenFault(
    'bad-blobs-place',
    `--blobs names ${blobs}, which is no folder and no file.`,
  );
}

/** The place that the settings name, ready to take blobs. @throws BlobsOpenFault, SecretFileError, StoreUnavailable */
export async function openBlobs(parts: BlobsParts): Promise<Blobs | null> {
  const { settings, store, create } = parts;
  const known = await store.blobsPlace();
  if (settings.blobs == null && known !== undefined)
    throw new BlobsOpenFault('blobs-elsewhere', NOT_NAMED);
  const at = settings.blobs ?? ownFolder(settings.data);
  const blobs = await create(settings);
  if (!blobs) return null;
  try {
    if (settings.blobs != null) await moveIn(parts, { at, blobs, known });
    else {
      mkdirSync(at, { recursive: true, mode: 0o700 });
      await blobs.prepare();
    }
    return blobs;
  } catch (error) {
    blobs.close();
    if (!(error instanceof BlobsUnavailable)) throw error;
    throw new BlobsOpenFault(
      'blobs-not-accessible',
      `Blobs cannot be kept at ${at}: ${error.message}. ${adviceFor(error)}`,
      error,
    );
  }
}

/** What is at hand where the blobs are to be. */
interface Place {
  readonly at: string;
  readonly blobs: Blobs;
  /** What the store knows. */
  readonly known: string | undefined;
}

async function moveIn(parts: BlobsParts, { at, blobs, known }: Place): Promise<void> {
  const { store, random } = parts;
  const check = (mark: string | undefined, place: string | undefined): void => {
    const wrong = placeProblem({ at, mark, team: store.teamId, known: place });
    if (wrong !== undefined) throw new BlobsOpenFault('blobs-elsewhere', wrong);
  };
  check(await blobs.mark(), known);
  await blobs.prepare();
  if (known !== undefined) return;
  await checkBrought(parts, { at, blobs });
  const own: Mark = { team: store.teamId, place: Buffer.from(random.bytes(16)).toString('hex') };
  const mark = await blobs.leaveMark(`${JSON.stringify(own)}\n`);
  check(mark, undefined);
  check(mark, await claim(store, parseMark(mark)?.place ?? own.place));
}

/** The first place that is named is the team's. @returns the id of the place that holds now */
function claim(store: BlobsParts['store'], place: string): Promise<string> {
  return store.write(async (tx) => {
    const known = await tx.blobsPlace();
    if (known === undefined) await tx.putBlobsPlace(place);
    return known ?? place;
  });
}

/** What the relay kept in its own folder before would be missed at a place that does not have it. */
async function checkBrought(
  { settings, create }: BlobsParts,
  { at, blobs }: Omit<Place, 'known'>,
): Promise<void> {
  if (!hasOwnBlobs(settings.data)) return;
  const own = await create({ data: settings.data });
  let missing = 0;
  for await (const hash of own?.names() ?? [])
    if ((await blobs.size(hash)) === undefined) missing++;
  if (missing === 0) return;
  throw new BlobsOpenFault(
    'blobs-elsewhere',
    `${ownFolder(settings.data)} holds blobs that are not at ${at} (${missing} of them). Copy what is in that folder there first.`,
  );
}

/** Why this is not the place of the team's blobs, in words for the operator; undefined when it is, or when there was none yet. */
export function placeProblem({
  at,
  mark,
  team,
  known,
}: {
  readonly at: string;
  readonly mark: string | undefined;
  readonly team: TeamId;
  /** What the store knows. */
  readonly known: string | undefined;
}): string | undefined {
  if (mark === undefined) {
    return known === undefined
      ? undefined
      : `This team has blobs, and ${at} is not where they are: it has no mark. Is the share mounted?`;
  }
  const here = parseMark(mark);
  if (!here)
    return `${at} has a mark that is none of a relay's. Choose another place for the blobs.`;
  if (here.team !== team) return `${at} holds the blobs of another team. Choose another place.`;
  if (known === undefined || known === here.place) return undefined;
  return `${at} is not where this team keeps its blobs. All its relays have to name one place with --blobs.`;
}

export const NOT_NAMED = 'This team keeps its blobs at a place of its own. Name it with --blobs.';

/** Where blobs are that a backup of the store does not hold; null where there are none. */
export function keptAt({ data, blobs = null }: BlobsSettings): string | null {
  return blobs ?? (hasOwnBlobs(data) ? ownFolder(data) : null);
}

const ownFolder = (data: string): string => join(data, 'blobs');

function hasOwnBlobs(data: string): boolean {
  try {
    return readdirSync(ownFolder(data)).some((name) => /^[0-9a-f]{2}$/.test(name));
  } catch {
    return false;
  }
}

const ADVICE = {
  full: 'Make room there.',
  'not-allowed': "Check what the relay's account may do there.",
  away: 'Check that it is there: mounted, or reached.',
  failing: 'Look after it first.',
} as const;

export const adviceFor = ({ kind }: BlobsUnavailable): string => ADVICE[kind];

const markSchema = z.strictObject({ team: z.string(), place: z.string().regex(/^[0-9a-f]{32}$/) });
type Mark = z.infer<typeof markSchema>;

function parseMark(words: string): Mark | undefined {
  try {
    return markSchema.parse(JSON.parse(words));
  } catch {
    return undefined;
  }
}
