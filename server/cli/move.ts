/**
 * Carries a team from one database to another. It may be killed at any moment and started again: rows go over in batches, in the order
 * of their keys, so what has arrived says where to go on. Then both sides are read once more and compared, by count and hash, table by
 * table and feed by feed.
 *
 *   copy ──▶ compare ──▶ the source is retired ──▶ the copy comes to life
 *
 * The copy keeps the team's id and its epoch, because every number means what it meant; so the source has to be retired first, or two
 * stores might go on under one epoch. Killed between the two, the next run finds its own mark on the source and finishes.
 */
import { createHash, type Hash } from 'node:crypto';
import { fail, ok, type Result } from '../../protocol/result.ts';
import { TABLES, type Row, type Table, type WholeStore } from '../ports/whole-store.ts';

export interface MoveParts {
  readonly from: WholeStore;
  readonly to: WholeStore;
  /** Rows that cross at once. */
  readonly batch?: number;
  /** Called after each batch. */
  readonly onProgress?: (table: string, rows: number) => void;
}

export interface Moved {
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
  readonly feeds: number;
}

const BATCH = 1_000;
const [FEED, TEAM] = TABLES;

/** A move that was killed goes on where it was; one that is done is done again by doing nothing. */
export async function moveTeam(parts: MoveParts): Promise<Result<Moved, string>> {
  const { from, to } = parts;
  if ((await from.fact('arriving')) !== undefined)
    return fail('The source holds half of a team: an unfinished move leads there.');
  const [team, epoch, fence] = [
    await from.fact('team'),
    await from.fact('epoch'),
    await from.fact('fence'),
  ];
  if (team === undefined || epoch === undefined || (await from.lastKey(TEAM)) === undefined)
    return fail('There is no team in the source.');
  const mark = JSON.stringify({ team, epoch, fence: fence ?? '0' });
  const retired = await from.fact('moved');
  const arriving = await to.fact('arriving');
  if (retired !== undefined && arriving === undefined && (await to.fact('epoch')) === epoch)
    return compare(from, to, parts);
  if (retired !== undefined && arriving !== retired)
    return fail('The team has left the source already, to another place than this.');
  if (retired === undefined) {
    const room = await makeRoom(to, team, mark, arriving);
    if (!room.ok) return room;
    for (const table of TABLES) await copy(table, parts);
  }
  const same = await compare(from, to, parts);
  if (!same.ok) return same;
  if (retired === undefined) await from.putFact('moved', mark);
  await to.finish({ team, epoch, blobs: await from.fact('blobs') });
  return same;
}

/** The target is empty, or holds a part of just this. */
async function makeRoom(
  to: WholeStore,
  team: string,
  mark: string,
  arriving: string | undefined,
): Promise<Result<null, string>> {
  if (arriving === mark) return ok(null);
  if ((await to.fact('moved')) !== undefined)
    return fail('A team has moved away from the target. Choose an empty one.');
  if (arriving === undefined && (await to.lastKey(FEED)) !== undefined) {
    return fail('The target holds a team already. Choose an empty one.');
  }
  if (
    arriving !== undefined &&
    (JSON.parse(arriving) as { readonly team?: unknown }).team !== team
  ) {
    return fail('The target holds half of another team. Finish that move, or choose an empty one.');
  }
  // A relay has been at the source since: what is here may be out of date.
  await to.clear();
  await to.putFact('arriving', mark);
  return ok(null);
}

async function copy(
  table: Table,
  { from, to, batch = BATCH, onProgress }: MoveParts,
): Promise<void> {
  let after = await to.lastKey(table);
  for (;;) {
    const rows = await from.rows(table, after, batch);
    if (rows.length === 0) return;
    await to.insert(table, rows);
    onProgress?.(table.name, rows.length);
    after = keyOf(table, rows);
  }
}

async function compare(
  from: WholeStore,
  to: WholeStore,
  { batch = BATCH }: MoveParts,
): Promise<Result<Moved, string>> {
  const rows: Record<string, number> = {};
  let feeds = 0;
  for (const table of TABLES) {
    const [here, there] = [await digest(table, from, batch), await digest(table, to, batch)];
    if (table.name === 'event') feeds = here.feeds.size;
    for (const [feed, hash] of here.feeds)
      if (there.feeds.get(feed) !== hash) return differs(`the events of feed number ${feed}`);
    if (here.count !== there.count)
      return differs(`${table.name}: ${here.count} rows became ${there.count}`);
    if (here.hash !== there.hash) return differs(`the rows of ${table.name}`);
    rows[table.name] = here.count;
  }
  return ok({ rows, feeds });
}

const differs = (what: string): Result<never, string> =>
  fail(
    `The copy is not what the source is (${what}). The source is untouched; begin again with an empty target.`,
  );

interface Digest {
  readonly count: number;
  readonly hash: string;
  /** Of events alone: one for each feed, by its number. */
  readonly feeds: ReadonlyMap<number, string>;
}

async function digest(table: Table, store: WholeStore, batch: number): Promise<Digest> {
  const whole = createHash('sha256');
  const feeds = new Map<number, Hash>();
  let count = 0;
  for (let after: Row | undefined; ;) {
    const rows = await store.rows(table, after, batch);
    if (rows.length === 0) break;
    for (const row of rows) {
      const line = `${JSON.stringify(row)}\n`;
      whole.update(line);
      if (table.name === 'event') hashOf(feeds, Number(row[0])).update(line);
    }
    count += rows.length;
    after = keyOf(table, rows);
  }
  return {
    count,
    hash: whole.digest('hex'),
    feeds: new Map([...feeds].map(([feed, hash]) => [feed, hash.digest('hex')])),
  };
}

function hashOf(feeds: Map<number, Hash>, feed: number): Hash {
  const known = feeds.get(feed);
  if (known) return known;
  const made = createHash('sha256');
  feeds.set(feed, made);
  return made;
}

const keyOf = (table: Table, rows: readonly Row[]): Row | undefined =>
  rows.at(-1)?.slice(0, table.keyLength);
