/** Starts a contestant on core 0 and its load on core 1, and keeps their folder. Everything is gone after `dispose`. */
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectName } from './dialects.ts';
import type { Connected, Flown } from './load-spec.ts';
import { Remote } from './remote.ts';
import type { ServerSpec, Started } from './server-spec.ts';
import { spentBetween, type Spent, type Usage } from './usage.ts';

const HERE = import.meta.dirname;
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

export interface Contestant {
  readonly name: string;
  readonly dialect: DialectName;
  /** Under bench/contestants/. */
  readonly file: string;
  readonly variant?: string;
  readonly nodeOptions?: readonly string[];
}

export const BARE: Contestant = { name: 'bare ws', dialect: 'bare', file: 'bare-ws.ts' };
export const SOCKET_IO: Contestant = {
  name: 'socket.io',
  dialect: 'socket.io',
  file: 'socket-io.ts',
};
export const RELAY: Contestant = {
  name: 'relay',
  dialect: 'relay',
  file: 'relay.ts',
  nodeOptions: relayNodeOptions(),
};

/** The same relay with a store that commits each message by itself: what group commit is measured against. */
export const RELAY_SINGLE_COMMITS: Contestant = {
  name: 'relay, commit per message',
  dialect: 'relay',
  file: 'relay.ts',
  variant: 'single-commits',
  nodeOptions: RELAY.nodeOptions ?? [],
};

/** The options of Node that `npm run relay` starts the relay with. */
function relayNodeOptions(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(HERE, '../../package.json'), 'utf8')) as {
    readonly scripts: Record<string, string>;
  };
  return scripts['relay']?.match(/--max-semi-space-size=\d+/g) ?? [];
}

export interface Shape {
  readonly channels: number;
  readonly membersPerChannel: number;
  readonly bodyBytes: number;
  readonly isTls?: boolean;
  readonly recovers?: boolean;
  readonly storedMessages?: number;
}

/** Where stores go: on the disk of the project, since /tmp is memory on many machines and memory needs no fsync. */
export function scratchFolder(): string {
  const parent = join(HERE, '../../.cache/bench');
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, 'run-'));
}

export class Contest {
  readonly server: Remote;
  readonly load: Remote;
  readonly #folder = scratchFolder();
  readonly #contestant: Contestant;
  readonly #shape: Shape;

  private constructor(contestant: Contestant, shape: Shape) {
    this.#contestant = contestant;
    this.#shape = shape;
    const { file, nodeOptions = [] } = contestant;
    this.server = new Remote({
      file: join(HERE, '../contestants', file),
      core: SERVER_CORE,
      nodeOptions,
      env: { NODE_ENV: 'production' },
    });
    this.load = new Remote({ file: join(HERE, 'load-process.ts'), core: LOAD_CORE });
  }

  /** The server runs and nobody is connected yet. */
  static async start(
    contestant: Contestant,
    shape: Shape,
  ): Promise<Contest & { readonly started: Started }> {
    const contest = new Contest(contestant, shape);
    const {
      channels,
      membersPerChannel,
      isTls = false,
      recovers = false,
      storedMessages = 0,
    } = shape;
    const variant = contestant.variant ?? 'default';
    const spec: ServerSpec = {
      channels,
      membersPerChannel,
      isTls,
      recovers,
      storedMessages,
      variant,
      folder: contest.#folder,
    };
    try {
      const started = await contest.server.ask<Started>('start', spec);
      return Object.assign(contest, { started });
    } catch (error) {
      await contest.dispose();
      throw error;
    }
  }

  connect({ port, passesFile }: Started): Promise<Connected> {
    const { channels, membersPerChannel, bodyBytes, isTls = false } = this.#shape;
    const { dialect } = this.#contestant;
    return this.load.ask<Connected>('connect', {
      dialect,
      ports: [port],
      passesFile,
      isTls,
      channels,
      membersPerChannel,
      bodyBytes,
    });
  }

  usage(): Promise<Usage> {
    return this.server.ask<Usage>('usage');
  }

  /** A flight of the load and what the server spent on it. */
  async fly(command: string, argument: unknown): Promise<Flight> {
    const before = await this.usage();
    const flown = await this.load.ask<Flown>(command, argument);
    return { ...flown, spent: spentBetween(before, await this.usage()) };
  }

  async dispose(): Promise<void> {
    await this.load.dispose();
    await this.server.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export interface Flight extends Flown {
  readonly spent: Spent;
}

/** The sentences of a flight that must not be there. */
export function wrongsOf(
  who: string,
  { tally, troubles }: Pick<Flown, 'tally' | 'troubles'>,
): readonly string[] {
  const wrongs = [...tally.faults, ...troubles];
  if (tally.missing > 0) wrongs.push(`${tally.missing} deliveries are missing`);
  if (tally.wrong > 0) wrongs.push(`${tally.wrong} deliveries are wrong`);
  return wrongs.map((words) => `${who}: ${words}`);
}
