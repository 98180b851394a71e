/**
 * Members who write through a cluster's balancer all the time, each on a desktop that is a process of its own; the history of what they
 * were told; and in the end the judgement of it against the database, read by plain SQL.
 */
import type { Chance } from '../kit/chance.ts';
import { heldWhole } from '../kit/cache-checks.ts';
import { PROMISES, violations } from '../kit/checks.ts';
import type { Check } from '../kit/evidence.ts';
import { readDesktop } from '../kit/desktop-read.ts';
import type { History } from '../kit/history.ts';
import { readPostgresRelay } from '../kit/relay-read.ts';
import type { PostgresServer } from '../kit/services/postgres.ts';
import { isDrained, type DesktopChild } from '../system/desktop-child.ts';
import type { Members } from '../system/members.ts';

/** Members write as fast as a test says: what is tested is loss, not the meter. */
export const WRITERS_LIMITS = {
  sendsPerSecond: 500,
  sendsBurst: 1_000,
  framesPerSecond: 1_000,
  framesBurst: 2_000,
  historyPerSecond: 200,
};
const WHO = ['ada', 'ben', 'cleo'] as const;
const WRITE_EVERY_MS = [5, 60] as const;
/** Long after this what is missing will not come. */
const HEAL_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 50;

export interface Writer {
  readonly who: string;
  readonly member: string;
  readonly team: string;
  readonly channel: string;
  readonly desktop: DesktopChild;
}

/** Everybody joins and opens the channel they will write in. */
export async function gather(members: Members, history: History): Promise<readonly Writer[]> {
  const ids = new Map<string, string>();
  const desktops: [string, DesktopChild][] = [];
  for (const who of WHO) {
    const desktop = await members.join(who, {
      onRow: ({ channel, id, seq, author, at, text }) => {
        const feed = `channel/${channel}`;
        history.add({
          kind: 'told',
          computer: `${who}-pc`,
          feed,
          event: { seq, at, by: author, kind: 'posted', id, text } as never,
        });
        // A row of one's own with a number is one the relay has acknowledged.
        if (author === ids.get(who))
          history.add({ kind: 'acked', member: author, op: id, feed, seq });
      },
    });
    desktops.push([who, desktop]);
  }
  const writers: Writer[] = [];
  for (const [who, desktop] of desktops) {
    // Its own files tell who it is.
    await desktop.close();
    const { member } = readDesktop(desktop.name, desktop.folder);
    ids.set(who, member);
    await desktop.start();
    const isThere = ({
      name,
      isJoined,
    }: {
      readonly name: string;
      readonly isJoined: boolean;
    }): boolean => name === 'general' && isJoined;
    await desktop.until('it knows its team', (view) => view.channels.some(isThere));
    const channel = desktop.view.channels.find(isThere)?.id ?? '';
    const team = desktop.view.team ?? '';
    await desktop.must('timeline.open', { team, channel, at: 'end' });
    writers.push({ who, member, team, channel, desktop });
  }
  return writers;
}

export async function write(
  writer: Writer,
  history: History,
  chance: Chance,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    await writeOne(writer, history, chance);
    await pause(chance.int(...WRITE_EVERY_MS));
  }
}

export async function writeOne(
  { who, member, team, channel, desktop }: Writer,
  history: History,
  chance: Chance,
): Promise<void> {
  const text = `${who} ${chance.int(0, 1e12)}`;
  history.add({ kind: 'tried', member, channel, text });
  const sent = await desktop.call('message.send', { team, channel, text });
  if (!sent?.ok) throw new Error(`${who}: ${JSON.stringify(sent)}`);
  const { id } = sent.value;
  history.add({ kind: 'asked', member, frame: { t: 'post', op: id, channel, text } as never });
  history.add({ kind: 'entered', member, computer: desktop.name, channel, message: id, text });
}

/**
 * Resolves when the server has every message that these writers entered, their outboxes are empty,
 * and their timelines show what the server has. An outbox does not count what it resends after a
 * loss, so only the server knows when that is over.
 * @returns the number of the last event
 */
export async function untilWhole(
  writers: readonly Writer[],
  history: History,
  { server, database }: Team,
  limitMs = HEAL_LIMIT_MS,
): Promise<number> {
  const [{ channel }] = writers as readonly [Writer];
  for (const { desktop } of writers)
    await desktop.until('it has sent everything', (view) => isDrained(view), limitMs);
  const members = new Set(writers.map(({ member }) => member));
  const entered = history.all('entered').filter(({ member }) => members.has(member));
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    const rows = await server.ask(database, "SELECT op FROM event WHERE kind = 'posted'");
    const stored = new Set(rows.map(({ op }) => op));
    const missing = entered.filter(({ message }) => !stored.has(message));
    if (missing.length === 0) break;
    if (performance.now() > giveUpAt)
      throw new Error(`${missing.length} of ${entered.length} messages did not reach the server`);
    await pause(LOOK_EVERY_MS);
  }
  const heads = await server.ask(database, `SELECT head FROM feed WHERE id = 'channel/${channel}'`);
  const all = Number(heads[0]?.['head'] ?? 0);
  for (const { desktop } of writers)
    await desktop.until('it shows everything', ({ newest }) => newest >= all, limitMs);
  return all;
}

/** Where the team's truth is. */
export interface Team {
  readonly server: PostgresServer;
  readonly database: string;
}

export interface Judgement {
  /** What promise was broken, and how. */
  readonly broken: readonly string[];
  readonly messages: number;
}

/** What holds where nobody had to begin anew: then everybody has every channel from its first event. */
export const ALL_PROMISES = { ...PROMISES, heldWhole };

/** Closes the desktops and looks at everything. */
export async function judge(
  writers: readonly Writer[],
  history: History,
  { server, database }: Team,
  promises: Readonly<Record<string, Check>> = ALL_PROMISES,
): Promise<Judgement> {
  const broken: string[] = [];
  for (const { desktop } of writers) {
    if (desktop.faults() !== '') broken.push(`${desktop.name} reports ${desktop.faults()}`);
    await desktop.close();
  }
  const relay = await readPostgresRelay(server, database);
  const desktops = writers.map(({ desktop }) => readDesktop(desktop.name, desktop.folder));
  broken.push(...violations({ history, relay, desktops }, promises));
  const posted =
    relay.feeds
      .get(`channel/${writers[0]?.channel ?? ''}`)
      ?.events.filter(({ kind }) => kind === 'posted').length ?? 0;
  const entered = history.all('entered').length;
  if (posted !== entered)
    broken.push(`${entered} messages were written, and the relays have ${posted}`);
  return { broken, messages: posted };
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
