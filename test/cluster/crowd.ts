/**
 * Many clients at a cluster in one process: the desktop's own connection with its own patience, and behind it nothing but positions. Each
 * counts what it was told, and how long it was without a line.
 */
import { createConnection, type Connection } from '../../electron/core/connection/connection.ts';
import { createRelayNet } from '../../electron/core/connection/relay-socket.ts';
import type { RelayTarget } from '../../electron/core/ports.ts';
import { createSystemClock, createSystemRandom } from '../../electron/host/system-clock.ts';
import type { FeedEvent, Position } from '../../protocol/feeds.ts';
import type { DownFrame } from '../../protocol/frames-down.ts';
import type { Hello } from '../../protocol/frames-up.ts';
import { HTTP, signedIn, type SignedIn } from '../../protocol/http.ts';
import type { ChannelId, Epoch, FeedId, MessageId, OperationId } from '../../protocol/ids.ts';
import { parseInviteLink } from '../../protocol/invite-link.ts';
import { ok } from '../../protocol/result.ts';
import { v7 as uuidv7 } from 'uuid';

const clock = createSystemClock();
const random = createSystemRandom();
const net = createRelayNet({ clock });
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const PASSWORD = 'nine lives of the office cat';

/** Founds the team of a fresh cluster. */
export async function found(target: RelayTarget, setupLink: string): Promise<SignedIn> {
  const link = parseInviteLink(setupLink);
  if (!link.ok) throw new Error(link.error);
  const account = {
    team: 'Night shift',
    name: 'Ada',
    handle: 'ada',
    password: PASSWORD,
    device: 'Desk',
  };
  return signedIn.parse(await post(target, HTTP.setup, { code: link.value.code, ...account }));
}

/** Another device of the founder. */
export async function signIn(target: RelayTarget, device: string): Promise<SignedIn> {
  return signedIn.parse(
    await post(target, HTTP.signIn, { handle: 'ada', password: PASSWORD, device }),
  );
}

export async function post(target: RelayTarget, path: string, body: unknown): Promise<unknown> {
  const answer = await net.request(target, { method: 'POST', path, body });
  if (!answer.ok) throw new Error(`${path}: ${answer.error.kind}`);
  if (answer.value.status !== 200)
    throw new Error(`${path}: ${answer.value.status} ${JSON.stringify(answer.value.body)}`);
  return answer.value.body;
}

export interface CrowdClient {
  readonly connection: Connection;
  /** Which relay it hangs on, or hung on last. */
  readonly node: string;
  /** By feed: the last event it was told. */
  readonly positions: ReadonlyMap<FeedId, Position>;
  /** What was told with a hole before it. */
  readonly faults: readonly string[];
  /** Milliseconds without a line, one entry for each time. */
  readonly gaps: readonly number[];
  readonly acked: ReadonlySet<string>;
  readonly channels: readonly ChannelId[];
  post(channel: ChannelId, text: string): string | undefined;
}

export function createClient(
  target: RelayTarget,
  access: string,
  onEvent?: (event: FeedEvent) => void,
): CrowdClient {
  let epoch: Epoch | null = null;
  let [node, lostAt] = ['', 0];
  const positions = new Map<FeedId, Position>();
  const [faults, gaps, acked]: [string[], number[], Set<string>] = [[], [], new Set()];

  const hear = (frame: DownFrame): void => {
    if (frame.t === 'ack') acked.add(frame.op);
    if (frame.t !== 'events' && frame.t !== 'page') return;
    for (const event of frame.events) {
      const { seq, at } = event;
      const before = positions.get(frame.feed)?.seq;
      // What a page brought may come once more as it happens; a client drops it by its number.
      if (before !== undefined && seq <= before) continue;
      // Whoever comes anew holds nothing: their first page may begin anywhere.
      if (before !== undefined && seq !== before + 1)
        faults.push(`${frame.feed}: ${seq} after ${before}`);
      positions.set(frame.feed, { seq, at });
      onEvent?.(event);
    }
  };
  const hello = (): Hello => ({
    t: 'hello',
    versions: { min: 1, max: 1 },
    epoch,
    positions: Object.fromEntries(positions),
    focus: null,
    presence: 'here',
  });
  const connection = createConnection({
    clock,
    random,
    net,
    log: silent,
    target: () => target,
    access: async () => ok(access),
    renew: async () => ok(access),
    hello,
    onWelcome: (welcome) => {
      ({ epoch, node } = welcome);
      if (lostAt > 0) gaps.push(performance.now() - lostAt);
      lostAt = 0;
    },
    onFrame: hear,
    onLost: () => (lostAt = performance.now()),
    onWire: () => undefined,
    onBroken: (error) => faults.push(String(error)),
  });
  connection.start();
  return {
    connection,
    get node() {
      return node;
    },
    positions,
    faults,
    gaps,
    acked,
    get channels() {
      return [...positions.keys()].flatMap((feed) =>
        feed.startsWith('channel/') ? [feed.slice('channel/'.length) as ChannelId] : [],
      );
    },
    post(channel, text) {
      const op = uuidv7() as OperationId & MessageId;
      return connection.send({ t: 'post', op, channel, text }) ? op : undefined;
    },
  };
}

export async function until(what: string, is: () => boolean, mostMs = 30_000): Promise<void> {
  const end = performance.now() + mostMs;
  while (!is()) {
    if (performance.now() > end) throw new Error(`waited ${mostMs} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
