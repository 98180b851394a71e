/**
 * The store on a PostgreSQL database, which several relays may share: one connection that commits in groups, some for reading. What it
 * guarantees is written at the port; by what rules several relays write at once, in `transaction.ts`.
 *
 * When the server goes, nothing is acknowledged until it is back. Then the relay looks whether the server still knows what it had
 * committed. If it does not, history was lost, and the epoch is replaced: once, whoever notices first; the others adopt it. Reading follows
 * the connection for writing: nothing is asked of a server that is not known to be the one.
 */
import type pg from 'pg';
import type { Epoch, TeamId } from '../../../protocol/ids.ts';
import type { Interval } from '../../../protocol/feeds.ts';
import type { FeedId } from '../../../protocol/ids.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { StoreOpenFault } from '../../ports/store-open-fault.ts';
import {
  BackupElsewhere,
  StoreUnavailable,
  type Interruption,
  type Page,
  type Store,
  type StoredEvent,
  type WriteTx,
} from '../../ports/store.ts';
import { auditServers } from './audit.ts';
import { ClockWatch } from './clock-watch.ts';
import { createPool, type PostgresAddress } from './connection.ts';
import { asStoreError, codeOf } from './faults.ts';
import { GroupCommit, type Verdict } from './group-commit.ts';
import { Line } from './line.ts';
import { admit, prepare, readEpoch, replaceEpoch, type Identity } from './migrate.ts';
import { MIGRATIONS } from './migrations/list.ts';
import { connectToPrimary, isLeftBehind, isSameTerm, termOf, type Primary } from './primary.ts';
import { becomesVouchedFor, OBJECTION_MS, vouchFor } from './promotion.ts';
import { QUERIES, type QueryName } from './queries.ts';
import { PostgresReads, type Value } from './reads.ts';
import type { Transaction } from './transaction.ts';
import type { TermMemory } from './term-file.ts';
import { isKnown, Witness } from './witness.ts';

export interface PostgresStoreParts {
  /** Where the team is: one server, or all between which it may change by a failover, in any order. */
  readonly servers: readonly PostgresAddress[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** When a group starts; by default once the event loop's current input has been read. */
  readonly soon?: (run: () => void) => void;
  readonly onMigrated?: (what: { readonly from: number; readonly to: number }) => void;
  /** What is remembered from before the start; nothing unless told. */
  readonly terms?: TermMemory;
  /** For the tests of migrating. */
  readonly migrations?: readonly string[];
}

const READERS = 6;
/** How long a sender may be kept waiting for the answer to whether their message was committed. */
const DOUBT_MS = 5_000;
const DOUBT_POLL_MS = 50;
/** Another relay's finding that history was lost is heard of with the next commit, or within this time. */
const EPOCH_EVERY_MS = 3_000;
/** A server that was promoted while the one we write to lives on, cut off from it but not from us, is found within this time. */
const LOOK_AROUND_EVERY_MS = 10_000;
const LOOK =
  "SELECT (SELECT value FROM meta WHERE key = 'epoch') AS epoch, current_setting('default_transaction_read_only') = 'on' AS is_read_only, " +
  '(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';

interface Look {
  readonly epoch: Epoch | null;
  readonly is_read_only: boolean;
  readonly now: number;
}

/** @throws StoreOpenFault with words for the person who runs the relay */
export async function openPostgresStore(parts: PostgresStoreParts): Promise<Store> {
  try {
    const identity = await introduce(parts);
    const store = new PostgresStore(parts, identity);
    await store.open();
    return store;
  } catch (error) {
    if (error instanceof StoreOpenFault) throw error;
    const fault = asStoreError(error);
    throw new StoreOpenFault(
      'not-accessible',
      `The database cannot be opened (${codeOf(error)}). Check that the server runs, the address, and what the account may do.`,
      fault,
    );
  }
}

async function introduce({
  servers,
  clock,
  random,
  terms,
  migrations = MIGRATIONS,
  onMigrated,
}: PostgresStoreParts): Promise<Identity> {
  const primary = await connectToPrimary(servers, { isPatient: true });
  try {
    if (isLeftBehind(primary.term, terms?.recall())) {
      throw new StoreOpenFault(
        'left-behind',
        'Another server was promoted in the place of this one, and the team went on there. Start that one, and let this one follow it.',
      );
    }
    const prepared = await prepare(primary, random, migrations, { clock });
    if (prepared.from !== prepared.to) onMigrated?.(prepared);
    return prepared;
  } finally {
    await primary.client.end();
  }
}

class PostgresStore extends PostgresReads implements Store {
  readonly teamId: TeamId;
  readonly #parts: PostgresStoreParts;
  readonly #line: Line;
  readonly #group: GroupCommit;
  readonly #witness = new Witness();
  readonly #clockWatch: ClockWatch;
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>();
  readonly #interrupted = new Set<(what: Interruption) => void>();
  #epoch: Epoch;
  /** For reading, of the server that the line leads to. None while there is no line. */
  #readers: pg.Pool | undefined;
  readonly #cancelLooks: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(parts: PostgresStoreParts, { epoch, teamId }: Identity) {
    super();
    const { servers, clock, random, log, terms } = parts;
    this.teamId = teamId;
    this.#epoch = epoch;
    this.#parts = parts;
    this.#clockWatch = new ClockWatch(parts);
    this.#line = new Line({
      servers,
      term: terms?.recall(),
      clock,
      random,
      log,
      greet: (primary) => this.#compare(primary),
      onLost: () => void this.#dismissReaders(),
      onBack: () => this.#interrupt('reconnected'),
    });
    this.#group = new GroupCommit({
      client: () => this.#line.client,
      clock,
      random,
      soon: parts.soon ?? ((run: () => void) => void setImmediate(run)),
      onCommitted: (events) => this.#tell(events),
      onEpoch: (now) => this.#adopt(now),
      onReadOnly: () => this.#line.drop('read-only'),
      verdict: (traces) => this.#verdict(traces),
    });
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  async open(): Promise<void> {
    await this.#line.open();
    this.#cancelLooks.push(
      this.#every(EPOCH_EVERY_MS, () => this.#look()),
      this.#every(LOOK_AROUND_EVERY_MS, () => this.#lookAround()),
    );
  }

  write<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    return this.#group.run(work);
  }

  onCommitted(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onInterrupted(listener: (what: Interruption) => void): () => void {
    this.#interrupted.add(listener);
    return () => this.#interrupted.delete(listener);
  }

  backup(): Promise<void> {
    return Promise.reject(
      new BackupElsewhere('This store is on a PostgreSQL server. Copy it with pg_dump.'),
    );
  }

  async audit(): Promise<readonly string[]> {
    try {
      return await auditServers(this.#parts.servers);
    } catch (error) {
      throw asStoreError(error);
    }
  }

  override async page(
    feed: FeedId,
    span: Interval,
    limit: { readonly events: number; readonly bytes: number },
  ): Promise<Page> {
    return this.#seen(await super.page(feed, span, limit));
  }

  override async pageUp(
    feed: FeedId,
    span: Interval,
    limit: { readonly events: number; readonly bytes: number },
  ): Promise<Page> {
    return this.#seen(await super.pageUp(feed, span, limit));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  protected override async all<Row>(
    name: QueryName,
    ...values: readonly Value[]
  ): Promise<readonly Row[]> {
    const readers = this.#readers;
    if (!readers) throw new StoreUnavailable('the store cannot be reached');
    try {
      const { rows } = await readers.query({ text: QUERIES[name], values: [...values], name });
      // Who says this may have lost its place meanwhile.
      if (readers !== this.#readers) throw new StoreUnavailable('the store was lost meanwhile');
      return rows as readonly Row[];
    } catch (error) {
      throw asStoreError(error);
    }
  }

  async #close(): Promise<void> {
    await this.#group.close();
    for (const cancel of this.#cancelLooks) cancel();
    await this.#line.close();
    await this.#dismissReaders();
  }

  #remember({ term }: Primary): void {
    try {
      this.#parts.terms?.keep(term);
    } catch (error) {
      // It helps after a restart, in the worst of cases. Until then the line knows.
      this.#parts.log.warn('term-not-kept', { reason: codeOf(error) });
    }
  }

  #readFrom({ address, term }: Primary): void {
    this.#readers = createPool(address, READERS, async (client) => {
      if (!isSameTerm(await termOf(client), term))
        throw new StoreUnavailable('this is another server than the one that is written to');
    });
  }

  async #dismissReaders(): Promise<void> {
    const readers = this.#readers;
    this.#readers = undefined;
    await readers?.end().catch(() => undefined);
  }

  /** The newest of what others committed is vouched for as well. */
  #seen(page: Page): Page {
    const last = page.events.at(-1);
    if (last?.seq === page.head) this.#witness.saw([last]);
    return page;
  }

  #tell(events: readonly StoredEvent[]): void {
    this.#witness.saw(events);
    for (const listener of this.#listeners) listener(events);
  }

  #interrupt(what: Interruption): void {
    for (const listener of this.#interrupted) listener(what);
  }

  /** Behind each new connection: does the server still know what it knew? */
  async #compare(primary: Primary): Promise<void> {
    const { clock, random, log } = this.#parts;
    const { client, term } = primary;
    // It writes, and so waits for a synchronous standby: what stands in the log before this is safe there too.
    await admit(client);
    let epoch;
    if (await this.#witness.isBorneOut(client)) {
      if (!(await becomesVouchedFor(client, term, clock, OBJECTION_MS)))
        await vouchFor(client, term);
      epoch = await readEpoch(client, this.#epoch);
    } else {
      log.error('store-lost-history', { timeline: term.timeline });
      epoch = await replaceEpoch(client, this.#epoch, random);
      await vouchFor(client, term);
    }
    this.#remember(primary);
    this.#readFrom(primary);
    this.#adopt(epoch);
  }

  #adopt(epoch: Epoch): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#witness.forget();
    this.#parts.log.warn('store-new-epoch', {});
    this.#interrupt('new-epoch');
  }

  /** What became of a commit whose answer was lost. Its events tell; where it had none, the server's memory of transactions. */
  async #verdict({ xid, events }: Transaction['traces']): Promise<Verdict> {
    const { clock, log } = this.#parts;
    const [epoch, term, until] = [this.#epoch, this.#line.term, clock.monotonic() + DOUBT_MS];
    log.warn('commit-in-doubt', { events: events.length });
    while (clock.monotonic() < until) {
      const client = await this.#line.back(until - clock.monotonic());
      if (!client) return 'unknown';
      if (this.#epoch !== epoch) return 'not committed';
      try {
        // What a server that took over calls by this number need not be ours: it goes on counting from what it had heard.
        if (this.#line.term !== undefined && !isSameTerm(this.#line.term, term)) {
          if (events.length === 0) return 'unknown';
          return (await isKnown(client, events)) ? 'committed' : 'not committed';
        }
        const { rows } = await client.query<{ readonly status: string | null }>(
          'SELECT pg_xact_status($1::xid8) AS status',
          [xid],
        );
        const status = rows[0]?.status;
        if (status === 'committed')
          return (await isKnown(client, events)) ? 'committed' : 'not committed';
        if (status === 'aborted') return 'not committed';
        if (status !== 'in progress') return 'unknown';
      } catch (error) {
        log.debug('doubt-unsettled', { reason: codeOf(error) });
      }
      await new Promise<void>((resolve) => clock.after(DOUBT_POLL_MS, resolve));
    }
    return 'unknown';
  }

  /** Again and again, from the end of one to the beginning of the next. */
  #every(ms: number, look: () => Promise<void>): () => void {
    const { clock, log } = this.#parts;
    let cancel = (): void => undefined;
    const later = (): void => {
      cancel = clock.after(ms, () => {
        look()
          .catch((error: unknown) => log.debug('store-look-failed', { reason: codeOf(error) }))
          .finally(() => this.#closing ?? later());
      });
    };
    later();
    return () => cancel();
  }

  /** By the line itself: where the other end is silently gone, this is how an idle relay finds out. */
  async #look(): Promise<void> {
    const askedAt = this.#parts.clock.now();
    const { rows } = await this.#line.client.query<Look>(LOOK);
    const [seen] = rows;
    if (!seen) return;
    this.#clockWatch.saw(askedAt, seen.now);
    if (seen.is_read_only) this.#line.drop('read-only');
    else if (seen.epoch) this.#adopt(seen.epoch);
  }

  async #lookAround(): Promise<void> {
    const { servers } = this.#parts;
    if (servers.length < 2) return;
    const { client, term } = await connectToPrimary(servers);
    void client.end().catch(() => undefined);
    if (this.#line.term !== undefined && isLeftBehind(this.#line.term, term))
      this.#line.drop('left-behind');
  }
}
