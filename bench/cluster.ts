/**
 * What do several relays cost, and what does it take until a message is on the other one? One, two and three relays over one PostgreSQL
 * and one Redis, with the same crowd and the same pace; every delivery counts from the send. Whoever hangs on the sender's relay hears it at
 * once; whoever hangs on another one hears it by a hint of Redis and a question to PostgreSQL.
 */
import { readFileSync } from 'node:fs';
import { createClient, found, until, type CrowdClient } from '../test/cluster/crowd.ts';
import { missingFor, startCluster, type Cluster } from '../test/cluster/cluster.ts';
import type { Answer, BenchOptions, Question } from './kit/question.ts';
import { DelayHistogram, medianOf } from './kit/stats.ts';
import { figure } from './kit/table.ts';

const NAMES = ['one', 'two', 'three'];
const CLIENTS = 300;
const MESSAGES_PER_SECOND = 20;
const BODY = 'x'.repeat(200);
/** The kernel counts a process's time in hundredths of a second. */
const TICK_US = 10_000;

interface Measured {
  readonly relays: number;
  readonly near: DelayHistogram;
  readonly far: DelayHistogram;
  readonly deliveries: number;
  readonly cpuUs: number;
  readonly tookMs: number;
  readonly wrongs: readonly string[];
}

async function measure(relays: number, ms: number): Promise<Measured> {
  const many = 1_000_000;
  const limits = { socketsPerMember: CLIENTS + 10, sendsPerSecond: many, sendsBurst: many, socketsUnauthenticatedPerAddress: CLIENTS };
  const cluster = await startCluster({ names: NAMES.slice(0, relays), limits, nodeOptions: '--max-semi-space-size=16' });
  const clients: CrowdClient[] = [];
  try {
    const at = ({ port }: Cluster['nodes'][number]) => ({ address: `127.0.0.1:${port}`, fingerprint: null, isPlain: true });
    const [home] = cluster.nodes as [Cluster['nodes'][number]];
    const { tokens } = await found(at(home), cluster.setupLink);
    const [near, far] = [new DelayHistogram(), new DelayHistogram()];
    let isMeasured = false;
    for (let i = 0; i < CLIENTS; i++) {
      const node = cluster.nodes[i % relays] ?? home;
      const delays = node === home ? near : far;
      const hear = (event: { readonly kind: string; readonly text?: unknown }): void => {
        if (isMeasured && event.kind === 'posted') delays.record((performance.now() - Number(String(event.text).split(' ')[0])) * 1_000);
      };
      clients.push(createClient(at(node), tokens.access, hear));
    }
    await until('all are live', () => clients.every(({ connection, channels }) => connection.isLive && channels.length > 0));
    const [writer] = clients as [CrowdClient];
    const [channel] = writer.channels;
    if (channel === undefined) throw new Error('a fresh team has no channel');
    const fly = async (forMs: number): Promise<number> => {
      const startedAt = performance.now();
      let sent = 0;
      for (; performance.now() - startedAt < forMs; sent++) {
        writer.post(channel, `${performance.now()} ${BODY}`);
        const due = startedAt + ((sent + 1) * 1_000) / MESSAGES_PER_SECOND;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      }
      return sent;
    };
    await fly(ms / 4);
    isMeasured = true;
    const [before, startedAt] = [cpuOf(cluster), performance.now()];
    const sent = await fly(ms);
    const expected = sent * CLIENTS;
    await until('everybody has heard', () => near.count + far.count >= expected);
    const tookMs = performance.now() - startedAt;
    const wrongs = clients.flatMap(({ faults }) => faults);
    if (near.count + far.count !== expected) wrongs.push(`${near.count + far.count} deliveries of ${expected}`);
    return { relays, near, far, deliveries: expected, cpuUs: cpuOf(cluster) - before, tookMs, wrongs };
  } finally {
    for (const { connection } of clients) connection.stop('signed-out');
    await cluster.dispose();
  }
}

/** What the relays' processes have used together; PostgreSQL and Redis are not counted. */
function cpuOf({ nodes }: Cluster): number {
  return nodes.reduce((sum, { process: { pid } }) => {
    const [, after = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user, system] = after.split(' ').slice(11, 13).map(Number);
    return sum + ((user ?? 0) + (system ?? 0)) * TICK_US;
  }, 0);
}

export const clusterSize: Question = {
  name: 'cluster',
  asks: 'what several relays cost, and how long a message takes to the other one',
  async answer({ isQuick, log }: BenchOptions): Promise<Answer> {
    const missing = missingFor('nginx');
    if (missing.length > 0 || process.platform !== 'linux') {
      log(`not measured: ${missing.length > 0 ? `${missing.join(', ')} is missing` : 'only Linux tells what a process has used'}`);
      return { tables: [], aims: [], raw: [], wrongs: [] };
    }
    const all: Measured[] = [];
    for (let repetition = 0; repetition < (isQuick ? 1 : 3); repetition++) {
      for (const relays of [1, 2, 3]) {
        log(`${relays} of 3 relays, ${repetition + 1}`);
        all.push(await measure(relays, isQuick ? 3_000 : 10_000));
      }
    }
    const of = (relays: number, pick: (one: Measured) => number): number => medianOf(all.filter((one) => one.relays === relays).map(pick));
    const cpu = (one: Measured): number => one.cpuUs / one.deliveries;
    const ms = (micros: number): string => figure(micros / 1_000);
    return {
      tables: [
        {
          title: `One to three relays, ${CLIENTS} clients, ${MESSAGES_PER_SECOND} messages a second`,
          columns: ['relays', 'deliveries/s', 'CPU µs/delivery', 'vs one', 'p50 ms here', 'p99', 'p50 ms elsewhere', 'p99'],
          rows: [1, 2, 3].map((relays) => [
            String(relays),
            figure(of(relays, ({ deliveries, tookMs }) => (deliveries / tookMs) * 1_000)),
            figure(of(relays, cpu)),
            figure(of(relays, cpu) / of(1, cpu)),
            ms(of(relays, ({ near }) => near.quantile(0.5))),
            ms(of(relays, ({ near }) => near.quantile(0.99))),
            ...(relays === 1
              ? ['-', '-']
              : [ms(of(relays, ({ far }) => far.quantile(0.5))), ms(of(relays, ({ far }) => far.quantile(0.99)))]),
          ]),
          notes: [
            'Relays, PostgreSQL, Redis and the crowd share the cores of this machine, unpinned: what more relays would carry is not measured here.',
            'Here: on the relay of the sender. Elsewhere: by a hint of Redis and a question to PostgreSQL. CPU is that of the relays alone.',
          ],
        },
      ],
      aims: [],
      raw: all.map(({ near, far, ...rest }) => ({ ...rest, near: near.quantile(0.5), far: far.quantile(0.5) })),
      wrongs: all.flatMap(({ wrongs }) => wrongs),
    };
  },
};
