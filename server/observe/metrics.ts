/**
 * The relay's figures in Prometheus' text format. What the gateway counted is read when somebody asks and costs nothing before; the
 * figures of the process (CPU, memory, delay of the event loop, garbage collection) are prom-client's own. No figure carries an id, a
 * name or a word of anybody: labels are kinds out of this program's own lists. The names are kept: dashboards are built on them.
 */
import { collectDefaultMetrics, Registry, type Histogram } from 'prom-client';
import type { Buckets } from '../gateway/counts.ts';
import type { RelayCore } from '../gateway/core.ts';

export interface MetricsParts {
  readonly core: Pick<RelayCore, 'counts' | 'stats'>;
  /** Connections that have not shown a token. */
  readonly waitingAtDoor: () => number;
  readonly isDraining: () => boolean;
  /** Rejects when the store does not answer. */
  readonly checkStore: () => Promise<unknown>;
  /** How word reaches the other nodes; a relay alone has none to reach. */
  readonly fanOutState?: () => 'well' | 'degraded';
  /** Whether limits are counted together with the other nodes; a relay alone has none to ask. */
  readonly limitsState?: () => 'well' | 'degraded';
}

export interface Metrics {
  readonly contentType: string;
  /** Everything as it is now. */
  text(): Promise<string>;
}

/** Values by label, each label one of a short list. */
type Labelled = readonly (readonly [label: string, value: number])[];

type Figure = { readonly name: string; readonly help: string } & (
  | {
      readonly type: 'counter' | 'gauge';
      readonly read: (parts: MetricsParts) => number | Promise<number>;
    }
  | {
      readonly type: 'counter' | 'gauge';
      readonly label: string;
      readonly readEach: (parts: MetricsParts) => Labelled;
    }
  | { readonly type: 'histogram'; readonly buckets: (parts: MetricsParts) => Buckets }
);

/** All figures of the relay itself. Told in docs/OPERATIONS.md, name by name. */
export const FIGURES: readonly Figure[] = [
  {
    name: 'landline_sockets',
    help: 'Connected sockets',
    type: 'gauge',
    read: ({ core }) => core.stats.connections,
  },
  {
    name: 'landline_members',
    help: 'Members with at least one socket here',
    type: 'gauge',
    read: ({ core }) => core.stats.members,
  },
  {
    name: 'landline_feeds',
    help: 'Feeds that somebody here follows',
    type: 'gauge',
    read: ({ core }) => core.stats.feeds,
  },
  {
    name: 'landline_queued_bytes',
    help: 'Bytes that clients have not taken yet, all together',
    type: 'gauge',
    read: ({ core }) => core.stats.queuedBytes,
  },
  {
    name: 'landline_sends_total',
    help: 'Messages handed to the store',
    type: 'counter',
    read: ({ core }) => core.counts.posts,
  },
  {
    name: 'landline_acks_total',
    help: 'Changes acknowledged, messages among them',
    type: 'counter',
    read: ({ core }) => core.counts.acks,
  },
  {
    name: 'landline_refusals_total',
    help: 'Changes and questions refused',
    type: 'counter',
    label: 'kind',
    readEach: ({ core }) => Object.entries(core.counts.refusals),
  },
  {
    name: 'landline_commit_seconds',
    help: 'From the arrival of a change until it was durable',
    type: 'histogram',
    buckets: ({ core }) => core.counts.commit,
  },
  {
    name: 'landline_fan_out_seconds',
    help: 'From word of a commit to the write to the last socket of this node',
    type: 'histogram',
    buckets: ({ core }) => core.counts.fanOut,
  },
  {
    name: 'landline_catch_ups_total',
    help: 'Clients brought up to now after their welcome',
    type: 'counter',
    read: ({ core }) => core.counts.catchUps,
  },
  {
    name: 'landline_pages_total',
    help: 'Pages sent to clients that were behind',
    type: 'counter',
    read: ({ core }) => core.counts.pages,
  },
  {
    name: 'landline_clients_behind_total',
    help: 'Times a client fell behind and was answered from the store instead',
    type: 'counter',
    read: ({ core }) => core.counts.behind,
  },
  {
    name: 'landline_slow_clients_total',
    help: 'Clients closed because they took too little for too long',
    type: 'counter',
    label: 'why',
    readEach: ({ core }) => Object.entries(core.counts.slow),
  },
  {
    name: 'landline_accepts_total',
    help: 'Upgrades that became sockets',
    type: 'counter',
    read: ({ core }) => core.counts.accepts,
  },
  {
    name: 'landline_upgrades_refused_total',
    help: 'Upgrades refused, by status',
    type: 'counter',
    label: 'status',
    readEach: ({ core }) =>
      [...core.counts.upgradesRefused].map(([status, count]) => [String(status), count]),
  },
  {
    name: 'landline_sent_away_total',
    help: 'Clients told to come back a little later, because too many came at once',
    type: 'counter',
    read: ({ core }) => core.counts.sentAway,
  },
  {
    name: 'landline_door_full_total',
    help: 'Connections closed before they showed a token, because there were too many',
    type: 'counter',
    read: ({ core }) => core.counts.doorFull,
  },
  {
    name: 'landline_requests_limited_total',
    help: 'Requests refused with 429, because their network or session made too many',
    type: 'counter',
    read: ({ core }) => core.counts.requestsLimited,
  },
  {
    name: 'landline_door_waiting',
    help: 'Connections that have not shown a token',
    type: 'gauge',
    read: ({ waitingAtDoor }) => waitingAtDoor(),
  },
  {
    name: 'landline_draining',
    help: '1 while the relay goes down',
    type: 'gauge',
    read: ({ isDraining }) => Number(isDraining()),
  },
  {
    name: 'landline_store_well',
    help: '1 when the store answers',
    type: 'gauge',
    read: ({ checkStore }) =>
      checkStore().then(
        () => 1,
        () => 0,
      ),
  },
  {
    name: 'landline_fan_out_well',
    help: '1 when word of a commit reaches the other nodes at once; 0 when they have to look for it',
    type: 'gauge',
    read: ({ fanOutState }) => Number((fanOutState?.() ?? 'well') === 'well'),
  },
  {
    name: 'landline_limits_well',
    help: '1 when limits are counted together with the other nodes; 0 when this one counts alone',
    type: 'gauge',
    read: ({ limitsState }) => Number((limitsState?.() ?? 'well') === 'well'),
  },
];

export function createMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry();
  for (const figure of FIGURES) registry.registerMetric(asMetric(figure, parts));
  collectDefaultMetrics({ register: registry });
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly metricName?: string;
}

/**
 * A registry asks a metric for nothing but its values, whoever counted them. Its type names prom-client's own classes, which look a
 * label up for every message; ours are added up in the gateway.
 */
function asMetric(figure: Figure, parts: MetricsParts): Histogram {
  const { name, help, type } = figure;
  const get = async (): Promise<unknown> => ({
    name,
    help,
    type,
    values: await valuesOf(figure, parts),
    aggregator: 'sum',
  });
  return { name, help, get } as unknown as Histogram;
}

async function valuesOf(figure: Figure, parts: MetricsParts): Promise<readonly Value[]> {
  if ('readEach' in figure)
    return figure
      .readEach(parts)
      .map(([label, value]) => ({ value, labels: { [figure.label]: label } }));
  if ('read' in figure) return [{ value: await figure.read(parts), labels: {} }];
  const { ends, each, sum, count } = figure.buckets(parts);
  let below = 0;
  const upTo = ends.map((end, at) => {
    below += each[at] ?? 0;
    return {
      value: below,
      labels: { le: String(end / 1_000) },
      metricName: `${figure.name}_bucket`,
    };
  });
  return [
    ...upTo,
    { value: count, labels: { le: '+Inf' }, metricName: `${figure.name}_bucket` },
    { value: sum / 1_000, labels: {}, metricName: `${figure.name}_sum` },
    { value: count, labels: {}, metricName: `${figure.name}_count` },
  ];
}
