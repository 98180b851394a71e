/**
 * The one connection for writing, kept up. When it goes, whoever asks for it is refused at once; it is made again with growing pauses,
 * and given out only after `greet` has looked at what the server knows. It follows the team to a standby that was promoted, and never
 * goes back from there.
 *
 *   away ──connected, greeted──▶ up ──broken──▶ away ──pause──▶ away … ──close()──▶ closed
 */
import type pg from 'pg';
import type { Clock, Random } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { StoreUnavailable } from '../../ports/store.ts';
import type { PostgresAddress } from './connection.ts';
import { codeOf } from './faults.ts';
import { connectToPrimary, isLeftBehind, type Primary, type Term } from './primary.ts';

export interface LineParts {
  /** Where the team is or may be after a failover. */
  readonly servers: readonly PostgresAddress[];
  /** Known from before. */
  readonly term: Term | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Looks at the server behind a new connection before anybody else uses it. */
  readonly greet: (primary: Primary) => Promise<void>;
  readonly onLost: () => void;
  /** The line is up again after it was not. */
  readonly onBack: () => void;
}

const FIRST_PAUSE_MS = 50;
/** With connecting less than `OBJECTION_MS`, or who knows better would come too late. */
const LONGEST_PAUSE_MS = 1_000;

type State =
  | { readonly kind: 'away' }
  | { readonly kind: 'up'; readonly client: pg.Client }
  | { readonly kind: 'closed' };

export class Line {
  readonly #parts: LineParts;
  readonly #waiting = new Set<(client: pg.Client | undefined) => void>();
  #state: State = { kind: 'away' };
  #term: Term | undefined;
  #failures = 0;
  #isWarned = false;
  #cancelRetry = (): void => undefined;
  #connecting: Promise<void> | undefined;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#term = parts.term;
  }

  get client(): pg.Client {
    if (this.#state.kind === 'up') return this.#state.client;
    throw new StoreUnavailable(
      this.#state.kind === 'closed' ? 'the store is closed' : 'the store cannot be reached',
    );
  }

  /** Of the server that the connection leads to, or led to last. */
  get term(): Term | undefined {
    return this.#term;
  }

  /** The first connection. @throws what the driver or `greet` throws */
  async open(): Promise<void> {
    this.#take(await this.#connect());
  }

  /** The connection as soon as there is one; undefined when there is none within that time. */
  back(withinMs: number): Promise<pg.Client | undefined> {
    if (this.#state.kind === 'up') return Promise.resolve(this.#state.client);
    if (this.#state.kind === 'closed') return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const done = (client: pg.Client | undefined): void => {
        cancel();
        this.#waiting.delete(done);
        resolve(client);
      };
      const cancel = this.#parts.clock.after(withinMs, () => done(undefined));
      this.#waiting.add(done);
    });
  }

  async close(): Promise<void> {
    const before = this.#state;
    this.#state = { kind: 'closed' };
    this.#cancelRetry();
    for (const done of [...this.#waiting]) done(undefined);
    await this.#connecting;
    if (before.kind === 'up') await before.client.end().catch(() => undefined);
  }

  /** The server behind the connection is not the one to talk to any more. */
  drop(reason: string): void {
    if (this.#state.kind === 'up') this.#lose(this.#state.client, reason);
  }

  async #connect(): Promise<pg.Client> {
    const { servers, log, greet } = this.#parts;
    const primary = await connectToPrimary(servers);
    const { client, term } = primary;
    try {
      if (isLeftBehind(term, this.#term)) {
        if (!this.#isWarned)
          log.error('store-left-behind', { timeline: term.timeline, known: this.#term?.timeline });
        this.#isWarned = true;
        throw new StoreUnavailable('another server was promoted in the place of this one');
      }
      await greet(primary);
      this.#term = term;
      return client;
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
  }

  #take(client: pg.Client): void {
    this.#failures = 0;
    this.#isWarned = false;
    this.#state = { kind: 'up', client };
    const gone = (error?: unknown): void =>
      this.#lose(client, error === undefined ? 'ended' : codeOf(error));
    client.on('error', gone);
    client.on('end', () => gone());
  }

  #lose(client: pg.Client, reason: string): void {
    if (this.#state.kind !== 'up' || this.#state.client !== client) return;
    this.#state = { kind: 'away' };
    this.#parts.log.warn('store-lost', { reason });
    this.#parts.onLost();
    void client.end().catch(() => undefined);
    this.#retryLater();
  }

  #retryLater(): void {
    const { clock, random } = this.#parts;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    this.#cancelRetry = clock.after(pause * (0.5 + random.fraction()), () => {
      this.#connecting = this.#retry().finally(() => (this.#connecting = undefined));
    });
  }

  async #retry(): Promise<void> {
    let client;
    try {
      client = await this.#connect();
    } catch (error) {
      this.#parts.log.debug('store-away', { reason: codeOf(error), failures: this.#failures });
      if (this.#state.kind === 'away') this.#retryLater();
      return;
    }
    if (this.#state.kind === 'closed') {
      await client.end().catch(() => undefined);
      return;
    }
    this.#take(client);
    this.#parts.log.info('store-back', {});
    for (const done of [...this.#waiting]) done(client);
    this.#parts.onBack();
  }
}
