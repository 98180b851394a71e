/**
 * The store on a PostgreSQL database, which several relays may share: one connection that commits in groups, some for reading. What it
 * guarantees is written at the port; by what rules several relays write at once, in `transaction.ts`.
 *
 * When the server goes, nothing is acknowledged until it is back. Then the relay looks whether the server still knows what it had
 * committed. If it does not, history was lost, and the epoch is replaced: once, whoever notices first; the others adopt it.
 */
import type pg from 'pg';
import type { Epoch, TeamId } from '../../../protocol/ids.ts';
import type { Interval } from '../../../protocol/feeds.ts';
import type { FeedId } from '../../../protocol/ids.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { StoreOpenFault } from '../../ports/store-open-fault.ts';
import { BackupElsewhere, type Interruption, type Page, type Store, type StoredEvent, type WriteTx } from '../../ports/store.ts';
import { auditStore } from './audit.ts';
import { connect, createPool, type PostgresAddress } from './connection.ts';
import { asStoreError, codeOf } from './faults.ts';
import { GroupCommit, type Verdict } from './group-commit.ts';
import { Line } from './line.ts';
import { admit, prepare, readEpoch, replaceEpoch, type Identity } from './migrate.ts';
import { MIGRATIONS } from './migrations/list.ts';
import { QUERIES, type QueryName } from './queries.ts';
import { PostgresReads, type Value } from './reads.ts';
import type { Transaction } from './transaction.ts';
import { isKnown, Witness } from './witness.ts';

export interface PostgresStoreParts {
  readonly address: PostgresAddress;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** When a group starts; by default once the event loop's current input has been read. */
  readonly soon?: (run: () => void) => void;
  readonly onMigrated?: (what: { readonly from: number; readonly to: number }) => void;
  /** For the tests of migrating. */
  readonly migrations?: readonly string[];
}

const READERS = 6;
/** How long a sender may be kept waiting for the answer to whether their message was committed. */
const DOUBT_MS = 5_000;
const DOUBT_POLL_MS = 50;
/** Another relay's finding that history was lost is heard of with the next commit, or within this time. */
const EPOCH_EVERY_MS = 3_000;

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

async function introduce({ address, random, migrations = MIGRATIONS, onMigrated }: PostgresStoreParts): Promise<Identity> {
  const client = await connect(address, { isPatient: true });
  try {
    const prepared = await prepare(client, random, migrations);
    if (prepared.from !== prepared.to) onMigrated?.(prepared);
    return prepared;
  } finally {
    await client.end();
  }
}

class PostgresStore extends PostgresReads implements Store {
  readonly teamId: TeamId;
  readonly #parts: PostgresStoreParts;
  readonly #pool: pg.Pool;
  readonly #line: Line;
  readonly #group: GroupCommit;
  readonly #witness = new Witness();
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>();
  readonly #interrupted = new Set<(what: Interruption) => void>();
  #epoch: Epoch;
  #cancelLook = (): void => undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: PostgresStoreParts, { epoch, teamId }: Identity) {
    super();
    const { address, clock, random, log } = parts;
    this.teamId = teamId;
    this.#epoch = epoch;
    this.#parts = parts;
    this.#pool = createPool(address, READERS);
    this.#line = new Line({
      address,
      clock,
      random,
      log,
      greet: (client) => this.#compare(client),
      onBack: () => this.#interrupt('reconnected'),
    });
    this.#group = new GroupCommit({
      client: () => this.#line.client,
      clock,
      random,
      soon: parts.soon ?? ((run: () => void) => void setImmediate(run)),
      onCommitted: (events) => this.#tell(events),
      onEpoch: (now) => this.#adopt(now),
      verdict: (traces) => this.#verdict(traces),
    });
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  async open(): Promise<void> {
    try {
      await this.#line.open();
    } catch (error) {
      await this.#pool.end();
      throw error;
    }
    this.#lookLater();
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
    return Promise.reject(new BackupElsewhere('This store is on a PostgreSQL server. Copy it with pg_dump.'));
  }

  async audit(): Promise<readonly string[]> {
    try {
      const client = await connect(this.#parts.address, { isPatient: true });
      try {
        return await auditStore(client);
      } finally {
        await client.end();
      }
    } catch (error) {
      throw asStoreError(error);
    }
  }

  override async page(feed: FeedId, span: Interval, limit: { readonly events: number; readonly bytes: number }): Promise<Page> {
    return this.#seen(await super.page(feed, span, limit));
  }

  override async pageUp(feed: FeedId, span: Interval, limit: { readonly events: number; readonly bytes: number }): Promise<Page> {
    return this.#seen(await super.pageUp(feed, span, limit));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  protected override async all<Row>(name: QueryName, ...values: readonly Value[]): Promise<readonly Row[]> {
    try {
      const { rows } = await this.#pool.query({ text: QUERIES[name], values: [...values], name });
      return rows as readonly Row[];
    } catch (error) {
      throw asStoreError(error);
    }
  }

  async #close(): Promise<void> {
    await this.#group.close();
    this.#cancelLook();
    await this.#line.close();
    await this.#pool.end();
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
  async #compare(client: pg.Client): Promise<void> {
    await admit(client);
    if (await this.#witness.isBorneOut(client)) this.#adopt(await readEpoch(client, this.#epoch));
    else {
      this.#parts.log.error('store-lost-history', {});
      this.#adopt(await replaceEpoch(client, this.#epoch, this.#parts.random));
    }
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
    const [epoch, until] = [this.#epoch, clock.monotonic() + DOUBT_MS];
    log.warn('commit-in-doubt', { events: events.length });
    while (clock.monotonic() < until) {
      const client = await this.#line.back(until - clock.monotonic());
      if (!client) return 'unknown';
      // What the server that took over calls by this number need not be ours.
      if (this.#epoch !== epoch) return 'not committed';
      try {
        const { rows } = await client.query<{ readonly status: string | null }>('SELECT pg_xact_status($1::xid8) AS status', [xid]);
        const status = rows[0]?.status;
        if (status === 'committed') return (await isKnown(client, events)) ? 'committed' : 'not committed';
        if (status === 'aborted') return 'not committed';
        if (status !== 'in progress') return 'unknown';
      } catch (error) {
        log.debug('doubt-unsettled', { reason: codeOf(error) });
      }
      await new Promise<void>((resolve) => clock.after(DOUBT_POLL_MS, resolve));
    }
    return 'unknown';
  }

  #lookLater(): void {
    this.#cancelLook = this.#parts.clock.after(EPOCH_EVERY_MS, () => {
      readEpoch(this.#pool, this.#epoch)
        .then(
          (epoch) => this.#adopt(epoch),
          (error: unknown) => this.#parts.log.debug('epoch-unread', { reason: codeOf(error) }),
        )
        .finally(() => {
          if (!this.#closing) this.#lookLater();
        });
    });
  }
}
