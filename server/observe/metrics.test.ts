/** The figures of a real relay after real traffic: what is read agrees with what was done, and tells nothing of anybody. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { REFUSAL_KINDS } from '../../protocol/errors.ts';
import { createLineKit, type Line, type LineKit } from '../../test/kit/line-kit.ts';
import { handshake } from '../../test/kit/socket-kit.ts';
import { createMetrics, FIGURES, type MetricsParts } from './metrics.ts';

let kit: LineKit;
let ada: Line;
let ben: Line;
let text: string;
beforeAll(async () => {
  kit = await createLineKit({}, 'own', { metrics: { host: '127.0.0.1', port: 0 } });
  ada = await kit.line(kit.ada);
  ben = await kit.line(await kit.person('ben'));
  const state = ada.all('member-state')[0] as {
    readonly channels: readonly { readonly channel: { readonly id: string } }[];
  };
  const general = state.channels[0]?.channel.id;
  for (let n = 0; n < 7; n++) {
    const op = kit.op();
    await ada.ask({ t: 'post', op, channel: general, text: `secret words ${n}` });
    await ben.until((frame) => JSON.stringify(frame).includes(op));
  }
  await ben.ask({ t: 'level', op: kit.op(), channel: general, level: 'all' });
  await ben.ask({ t: 'post', op: kit.op(), channel: kit.op(), text: 'to nobody' });
  await ben.ask({ t: 'frobnicate', req: 1 });
  await kit.answer(handshake(kit.relay.port, { Authorization: 'Bearer nonsense' }));
  text = await scrape();
});
afterAll(() => kit.dispose());

async function scrape(): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${kit.relay.metricsPort ?? 0}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return answer.text();
}

/** Every sample by its name and labels, as Prometheus would read it. */
function samples(of: string): ReadonlyMap<string, number> {
  const lines = of.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] =
        /^([a-z_][\w]*(?:\{(?:\w+="[^"\\]*",?)*\})?) (\S+)$/i.exec(line) ?? [];
      // Nothing measured yet is `Nan`.
      if (name === '' || !/^(?:Nan|\d.*)$/.test(value)) throw new Error(`no sample: ${line}`);
      return [name, Number(value)];
    }),
  );
}

test('the figures agree with what was done', () => {
  const read = samples(text);
  const ours = Object.fromEntries(
    [...read].filter(
      ([name, value]) => name.startsWith('landline_') && !/_seconds/.test(name) && value !== 0,
    ),
  );
  expect(ours).toEqual({
    landline_sockets: 2,
    landline_members: 2,
    landline_feeds: 4,
    landline_sends_total: 8,
    landline_acks_total: 8,
    'landline_refusals_total{kind="not-found"}': 1,
    'landline_refusals_total{kind="unknown-frame"}': 1,
    landline_catch_ups_total: 2,
    landline_pages_total: 6,
    landline_accepts_total: 2,
    'landline_upgrades_refused_total{status="401"}': 1,
    landline_store_well: 1,
    landline_fan_out_well: 1,
    landline_limits_well: 1,
  });
});

test('what took time is counted once, in buckets that add up', () => {
  const read = samples(text);
  for (const [name, count] of [
    ['landline_commit_seconds', 8],
    // Also what the lines brought with them: ben's joining.
    ['landline_fan_out_seconds', undefined],
  ] as const) {
    const buckets = [...read]
      .filter(([sample]) => sample.startsWith(`${name}_bucket`))
      .map(([, value]) => value);
    const total = read.get(`${name}_count`) ?? 0;
    expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
    expect(buckets.at(-1)).toBe(total);
    expect(read.get(`${name}_sum`)).toBeGreaterThan(0);
    if (count === undefined) expect(total).toBeGreaterThanOrEqual(8);
    else expect(total).toBe(count);
  }
});

test('the process is told of: CPU, memory, delay of the event loop, garbage collection', () => {
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_p99_seconds',
  ]) {
    expect(samples(text).has(name)).toBe(true);
  }
  expect(text).toContain('# TYPE nodejs_gc_duration_seconds histogram');
});

test('nobody is named: no id, no handle, no word of a message, and labels out of short lists', () => {
  for (const { name, type } of FIGURES) expect(text).toContain(`# TYPE ${name} ${type}\n`);
  expect(text).not.toMatch(/[\da-f]{8}-[\da-f]{4}|secret|\bada\b|\bben\b|night shift/i);
  const kinds = [...text.matchAll(/^landline_refusals_total\{kind="([\w-]+)"\}/gm)].map(
    ([, kind]) => kind,
  );
  expect(kinds).toEqual(REFUSAL_KINDS);
});

test('the figures are at a port of their own and nowhere else', async () => {
  expect((await kit.ask('/metrics')).status).toBe(404);
  const at = `http://127.0.0.1:${kit.relay.metricsPort ?? 0}`;
  expect((await fetch(`${at}/v1/relay`)).status).toBe(404);
  expect((await fetch(`${at}/metrics?x`)).status).toBe(404);
  expect((await fetch(`${at}/metrics`, { method: 'POST' })).status).toBe(405);
});

test('a store that does not answer, a fan-out that has lost the others and limits counted alone are told as 0', async () => {
  const { core } = kit.relay;
  const parts: MetricsParts = {
    core,
    waitingAtDoor: () => 3,
    isDraining: () => true,
    checkStore: () => Promise.reject(new Error('gone')),
    fanOutState: () => 'degraded',
    limitsState: () => 'degraded',
  };
  const read = samples(await createMetrics(parts).text());
  const told = ['store_well', 'fan_out_well', 'limits_well', 'draining', 'door_waiting'].map(
    (name) => read.get(`landline_${name}`),
  );
  expect(told).toEqual([0, 0, 0, 1, 3]);
});
