/**
 * One connection to Redis, a single server or a cluster, from its opening to its first trouble: it is never mended, but thrown away and
 * made anew (`redis-line.ts`). It finds out by itself whether it speaks to a cluster, and then publishes and listens sharded
 * (`SPUBLISH`, `SSUBSCRIBE`). Nothing waits in it for better times.
 */
import { createClient, createCluster, type RedisClientType, type RedisClusterType } from 'redis';

export type RedisNode =
  { readonly host: string; readonly port: number } | { readonly path: string };

export interface RedisSettings {
  /** Where the server listens; of a cluster, some of its nodes. They are tried in turn. */
  readonly nodes: readonly [RedisNode, ...RedisNode[]];
  readonly username?: string;
  readonly password?: string;
  /** `true` trusts the authorities that Node trusts; a text is the PEM of those to trust instead. */
  readonly tls?: true | { readonly ca: string };
}

/** What its owner may do with an open connection. */
export interface RedisLink {
  /** Rejects when the server did not take it. */
  publish(channel: string, text: string): Promise<unknown>;
  /**
   * All of the commands or none, in order, each with its answer.
   * @param key  decides the shard; every key of the commands has the same hash tag
   */
  run(key: string, commands: readonly (readonly string[])[]): Promise<readonly unknown[]>;
}

export interface RedisEvents {
  /** The connection is of no more use. @param reason  a code, never contents */
  readonly onTrouble: (reason: string) => void;
  readonly onMessage: (channel: string, message: Buffer) => void;
}

interface Driver extends RedisLink {
  subscribe(channel: string, listener: (message: Buffer, channel: Buffer) => void): Promise<void>;
  destroy(): void;
}

/** A code for the log: an answer of Redis may quote what it was sent, and that stays out of it. */
export function redisFault(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return (
    (error as NodeJS.ErrnoException).code ??
    /^[A-Z]{2,}\b/.exec(error.message)?.[0] ??
    error.constructor.name
  );
}

export class RedisConnection implements RedisLink {
  readonly #settings: RedisSettings;
  readonly #node: RedisNode;
  readonly #events: RedisEvents;
  #driver: Driver | undefined;
  #isDestroyed = false;

  constructor(settings: RedisSettings, node: RedisNode, events: RedisEvents) {
    this.#settings = settings;
    this.#node = node;
    this.#events = events;
  }

  /** Connects and listens. @throws Error  it cannot be reached, refuses the password, or was destroyed meanwhile */
  async open(channels: (isCluster: boolean) => readonly string[]): Promise<void> {
    const single = await this.#use(this.#single());
    const isCluster = /^cluster_enabled:1/m.test(await single.info('cluster'));
    if (isCluster) {
      this.#driver?.destroy();
      await this.#use(this.#cluster());
    }
    const { onMessage } = this.#events;
    for (const channel of channels(isCluster)) {
      await this.#driver?.subscribe(channel, (message) => {
        if (!this.#isDestroyed) onMessage(channel, message);
      });
    }
    if (this.#isDestroyed) throw new Error('destroyed while it was opened');
  }

  async publish(channel: string, text: string): Promise<unknown> {
    return this.#open().publish(channel, text);
  }

  async run(key: string, commands: readonly (readonly string[])[]): Promise<readonly unknown[]> {
    return this.#open().run(key, commands);
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#driver?.destroy();
    this.#driver = undefined;
  }

  #open(): Driver {
    if (!this.#driver) throw new Error('not connected');
    return this.#driver;
  }

  async #use<Client extends { connect(): Promise<unknown> }>({
    client,
    driver,
  }: {
    client: Client;
    driver: Driver;
  }): Promise<Client> {
    this.#driver = driver;
    await client.connect();
    if (!this.#isDestroyed) return client;
    driver.destroy();
    throw new Error('destroyed while it was opened');
  }

  readonly #trouble = (error: unknown): void => {
    if (!this.#isDestroyed) this.#events.onTrouble(redisFault(error));
  };

  #single(): { client: RedisClientType; driver: Driver } {
    const socket = { ...this.#node, ...this.#tls(), reconnectStrategy: false } as const;
    const client: RedisClientType = createClient({ ...this.#common(), socket: socket as never });
    client.on('error', this.#trouble);
    const driver: Driver = {
      publish: (channel, text) => client.publish(channel, text),
      async run(_key, commands) {
        const multi = client.multi();
        for (const command of commands) multi.addCommand([...command]);
        return multi.exec();
      },
      subscribe: (channel, listener) => client.subscribe(channel, listener, true),
      destroy: () => client.destroy(),
    };
    return { client, driver };
  }

  #cluster(): { client: RedisClusterType; driver: Driver } {
    const { nodes } = this.#settings;
    const client: RedisClusterType = createCluster({
      rootNodes: nodes.map((node) => ({ socket: node as { host: string; port: number } })),
      defaults: {
        ...this.#common(),
        socket: { ...this.#tls(), reconnectStrategy: false } as never,
      },
      topologyRefreshOnReconnectionAttemptStrategy: false,
    });
    for (const event of ['error', 'node-error', 'sharded-channel-moved-error'])
      client.on(event, this.#trouble);
    const driver: Driver = {
      publish: (channel, text) => client.sPublish(channel, text),
      async run(key, commands) {
        const multi = client.multi(key);
        for (const command of commands) multi.addCommand(key, false, [...command]);
        return multi.exec();
      },
      subscribe: (channel, listener) => client.sSubscribe(channel, listener, true),
      destroy: () => client.destroy(),
    };
    return { client, driver };
  }

  #common() {
    const { username, password } = this.#settings;
    return {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      disableOfflineQueue: true,
      maintNotifications: 'disabled' as const,
      // The owner of the line looks after time, for all that is on it at once.
      commandOptions: { timeout: 0 },
    };
  }

  #tls() {
    const { tls } = this.#settings;
    return tls === undefined ? {} : { tls: true, ...(tls === true ? {} : tls) };
  }
}
