/**
 * The one connection for writing, kept up. When it goes, whoever asks for it is refused at once; it is made again with growing pauses,
 * and given out only after `greet` has looked at what the server knows.
 *
 *   away ──connected, greeted──▶ up ──broken──▶ away ──pause──▶ away … ──close()──▶ closed
 */
import type pg from 'pg';
import type { Clock, Random } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { StoreUnavailable } from '../../ports/store.ts';
import { connect, type PostgresAddress } from './connection.ts';
import { codeOf } from './faults.ts';

export interface LineParts {
  readonly address: PostgresAddress;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Looks at the server behind a new connection before anybody else uses it. */
  readonly greet: (client: pg.Client) => Promise<void>;
  /** The line is up again after it was not. */
  readonly onBack: () => void;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 3_000;

type State = { readonly kind: 'away' } | { readonly kind: 'up'; readonly client: pg.Client } | { readonly kind: 'closed' };

export class Line {
  readonly #parts: LineParts;
  readonly #waiting = new Set<(client: pg.Client | undefined) => void>();
  #state: State = { kind: 'away' };
  #failures = 0;
  #cancelRetry = (): void => undefined;
  #connecting: Promise<void> | undefined;

  constructor(parts: LineParts) {
    this.#parts = parts;
  }

  get client(): pg.Client {
    if (this.#state.kind === 'up') return this.#state.client;
    throw new StoreUnavailable(this.#state.kind === 'closed' ? 'the store is closed' : 'the store cannot be reached');
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

  async #connect(): Promise<pg.Client> {
    const client = await connect(this.#parts.address);
    try {
      const { rows } = await client.query<{ readonly is_standby: boolean }>('SELECT pg_is_in_recovery() AS is_standby');
      if (rows[0]?.is_standby !== false) throw new StoreUnavailable('the server is a standby');
      await this.#parts.greet(client);
      return client;
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
  }

  #take(client: pg.Client): void {
    this.#failures = 0;
    this.#state = { kind: 'up', client };
    const gone = (error?: unknown): void => this.#lose(client, error);
    client.on('error', gone);
    client.on('end', () => gone());
  }

  #lose(client: pg.Client, error: unknown): void {
    if (this.#state.kind !== 'up' || this.#state.client !== client) return;
    this.#state = { kind: 'away' };
    this.#parts.log.warn('store-lost', { reason: error === undefined ? 'ended' : codeOf(error) });
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
