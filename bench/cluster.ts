/**
 * What do several relays cost, and what does it take until a message is on the other one? One, two and three relays over one PostgreSQL
 * and one Redis, with the same crowd and the same pace; every delivery counts from the send. Whoever hangs on the sender's relay hears it at
 * once; whoever hangs on another one hears it by a hint of Redis and a question to PostgreSQL, and what these cost is measured by themselves.
 */
import type { ChannelId } from '../protocol/ids.ts';
import { createClient, found, until, type CrowdClient } from '../test/cluster/crowd.ts';
import { missingFor, startCluster, type Cluster } from '../test/cluster/cluster.ts';
import { NODE_NAMES } from './kit/cluster-contest.ts';
import { cpuUsOf } from './kit/processes.ts';
import type { Answer, BenchOptions, Question } from './kit/question.ts';
import { DelayHistogram, medianOf } from './kit/stats.ts';
import { figure } from './kit/table.ts';

const CLIENTS = 300;
const MESSAGES_PER_SECOND = 20;
const BODY = 'x'.repeat(200);

interface Measured {
  readonly relays: number;
  readonly near: DelayHistogram;
  readonly far: DelayHistogram;
  readonly deliveries: number;
  readonly cpuUs: number;
  readonly tookMs: number;
  readonly wrongs: readonly string[];
}

type Node = Cluster['nodes'][number];

const at = ({ port }: Node) => ({ address: `127.0.0.1:${port}`, fingerprint: null, isPlain: true });

function start(relays: number): Promise<Cluster> {
  const many = 1_000_000;
  const limits = {
    socketsPerMember: CLIENTS + 10,
    sendsPerSecond: many,
    sendsBurst: many,
    framesPerSecond: many,
    framesBurst: many,
    bytesInPerSecond: many * 1_000,
    historyPerSecond: many,
    socketsUnauthenticatedPerAddress: CLIENTS,
  };
  return startCluster({
    names: NODE_NAMES.slice(0, relays),
    limits,
    nodeOptions: '--max-semi-space-size=16',
  });
}

/** Sends at an even pace, whatever has been answered. @returns how many messages */
async function fly(
  writer: CrowdClient,
  channel: ChannelId,
  { ms, perSecond }: { readonly ms: number; readonly perSecond: number },
) {
  const startedAt = performance.now();
  let sent = 0;
  for (; performance.now() - startedAt < ms; sent++) {
    writer.post(channel, `${performance.now()} ${BODY}`);
    const due = startedAt + ((sent + 1) * 1_000) / perSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
  }
  return sent;
}

async function measure(relays: number, ms: number): Promise<Measured> {
  const cluster = await start(relays);
  const clients: CrowdClient[] = [];
  try {
    const [home] = cluster.nodes as [Node];
    const { tokens } = await found(at(home), cluster.setupLink);
    const [near, far] = [new DelayHistogram(), new DelayHistogram()];
    let [heard, isMeasured] = [0, false];
    for (let i = 0; i < CLIENTS; i++) {
      const node = cluster.nodes[i % relays] ?? home;
      const delays = node === home ? near : far;
      const hear = (event: { readonly kind: string; readonly text?: unknown }): void => {
        if (event.kind !== 'posted') return;
        heard += 1;
        if (isMeasured)
          delays.record((performance.now() - Number(String(event.text).split(' ')[0])) * 1_000);
      };
      clients.push(createClient(at(node), tokens.access, hear));
    }
    await until('all are live', () =>
      clients.every(({ connection, channels }) => connection.isLive && channels.length > 0),
    );
    const [writer] = clients as [CrowdClient];
    const [channel] = writer.channels;
    if (channel === undefined) throw new Error('a fresh team has no channel');
    const warmed =
      (await fly(writer, channel, { ms: ms / 4, perSecond: MESSAGES_PER_SECOND })) * CLIENTS;
    // What is still on its way would be taken for a delivery too many.
    await until('everybody has heard the first ones', () => heard >= warmed);
    isMeasured = true;
    const [before, startedAt] = [cpuOf(cluster.nodes), performance.now()];
    const sent = await fly(writer, channel, { ms, perSecond: MESSAGES_PER_SECOND });
    const expected = sent * CLIENTS;
    await until('everybody has heard', () => near.count + far.count >= expected);
    const tookMs = performance.now() - startedAt;
    const wrongs = clients.flatMap(({ faults }) => faults);
    if (near.count + far.count !== expected)
      wrongs.push(`${near.count + far.count} deliveries of ${expected}`);
    return {
      relays,
      near,
      far,
      deliveries: expected,
      cpuUs: cpuOf(cluster.nodes) - before,
      tookMs,
      wrongs,
    };
  } finally {
    for (const { connection } of clients) connection.stop('signed-out');
    await cluster.dispose();
  }
}

/** What an event of one relay costs another one: hinted only, or hinted, read again and told to one client. */
interface EventCost {
  readonly listeners: 0 | 1;
  readonly cpuUs: number;
}

/** Messages come one at a time, faster than people talk, so that the figure is far above what a relay spends on being there. */
const HINTS_PER_SECOND = 200;

async function eventCost(listeners: EventCost['listeners'], ms: number): Promise<EventCost> {
  const cluster = await start(2);
  const clients: CrowdClient[] = [];
  try {
    const [home, other] = cluster.nodes as [Node, Node];
    const { tokens } = await found(at(home), cluster.setupLink);
    const writer = createClient(at(home), tokens.access);
    clients.push(writer);
    if (listeners === 1) clients.push(createClient(at(other), tokens.access));
    await until('all are live', () =>
      clients.every(({ connection, channels }) => connection.isLive && channels.length > 0),
    );
    const [channel] = writer.channels;
    if (channel === undefined) throw new Error('a fresh team has no channel');
    await fly(writer, channel, { ms: ms / 4, perSecond: HINTS_PER_SECOND });
    const spent = async (
      wait: () => Promise<number>,
    ): Promise<{ readonly count: number; readonly cpuUs: number }> => {
      const before = cpuOf([other]);
      const count = await wait();
      return { count, cpuUs: cpuOf([other]) - before };
    };
    const busy = await spent(() => fly(writer, channel, { ms, perSecond: HINTS_PER_SECOND }));
    const idle = await spent(() => new Promise((resolve) => setTimeout(resolve, ms, 0)));
    return { listeners, cpuUs: (busy.cpuUs - idle.cpuUs) / busy.count };
  } finally {
    for (const { connection } of clients) connection.stop('signed-out');
    await cluster.dispose();
  }
}

/** What the relays' processes have used together; PostgreSQL and Redis are not counted. */
const cpuOf = (nodes: readonly Node[]): number => cpuUsOf(nodes.map(({ process }) => process.pid));

export const clusterSize: Question = {
  name: 'cluster',
  asks: 'what several relays cost, and how long a message takes to the other one',
  async answer({ isQuick, log }: BenchOptions): Promise<Answer> {
    const missing = missingFor('nginx');
    if (missing.length > 0 || process.platform !== 'linux') {
      log(
        `not measured: ${missing.length > 0 ? `${missing.join(', ')} is missing` : 'only Linux tells what a process has used'}`,
      );
      return { tables: [], aims: [], raw: [], wrongs: [] };
    }
    const all: Measured[] = [];
    for (let repetition = 0; repetition < (isQuick ? 1 : 3); repetition++) {
      for (const relays of [1, 2, 3]) {
        log(`${relays} of 3 relays, ${repetition + 1}`);
        all.push(await measure(relays, isQuick ? 3_000 : 10_000));
      }
    }
    const costs: EventCost[] = [];
    for (let repetition = 0; repetition < (isQuick ? 1 : 3); repetition++) {
      for (const listeners of [0, 1] as const) {
        log(`an event at the other relay, ${listeners} listening, ${repetition + 1}`);
        costs.push(await eventCost(listeners, isQuick ? 3_000 : 10_000));
      }
    }
    const costOf = (listeners: EventCost['listeners']): number =>
      medianOf(costs.filter((one) => one.listeners === listeners).map(({ cpuUs }) => cpuUs));
    const of = (relays: number, pick: (one: Measured) => number): number =>
      medianOf(all.filter((one) => one.relays === relays).map(pick));
    const cpu = (one: Measured): number => one.cpuUs / one.deliveries;
    const [hint, heard, alone] = [costOf(0), costOf(1), of(1, cpu)];
    const ms = (micros: number): string => figure(micros / 1_000);
    return {
      tables: [
        {
          title: `One to three relays, ${CLIENTS} clients, ${MESSAGES_PER_SECOND} messages a second`,
          columns: [
            'relays',
            'deliveries/s',
            'CPU µs/delivery',
            'vs one',
            'p50 ms here',
            'p99',
            'p50 ms elsewhere',
            'p99',
          ],
          rows: [1, 2, 3].map((relays) => [
            String(relays),
            figure(of(relays, ({ deliveries, tookMs }) => (deliveries / tookMs) * 1_000)),
            figure(of(relays, cpu)),
            figure(of(relays, cpu) / alone),
            ms(of(relays, ({ near }) => near.quantile(0.5))),
            ms(of(relays, ({ near }) => near.quantile(0.99))),
            ...(relays === 1
              ? ['-', '-']
              : [
                  ms(of(relays, ({ far }) => far.quantile(0.5))),
                  ms(of(relays, ({ far }) => far.quantile(0.99))),
                ]),
          ]),
          notes: [
            'Relays, PostgreSQL, Redis and the crowd share the cores of this machine, unpinned: what more relays would carry is not measured here.',
            'Here: on the relay of the sender. Elsewhere: by a hint of Redis and a question to PostgreSQL. CPU is that of the relays alone.',
          ],
        },
        {
          title: `An event at the other relay, ${HINTS_PER_SECOND} a second, one at a time`,
          columns: ['who listens there', 'CPU µs/event', 'vs a delivery of one relay'],
          rows: [
            ['nobody: a hint of Redis, put aside', figure(hint), figure(hint / alone)],
            [
              'one client: the hint, a question to PostgreSQL, a write',
              figure(heard),
              figure(heard / alone),
            ],
          ],
          notes: [
            "CPU of that relay, less what it uses when nothing happens; PostgreSQL's and Redis' own not counted.",
          ],
        },
      ],
      aims: [],
      raw: [
        ...all.map(({ near, far, ...rest }) => ({
          ...rest,
          near: near.quantile(0.5),
          far: far.quantile(0.5),
        })),
        ...costs,
      ],
      wrongs: all.flatMap(({ wrongs }) => wrongs),
    };
  },
};
