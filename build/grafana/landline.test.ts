/** The kept dashboard against the figures: no panel asks for one that is not there, and every figure of the relay has its panel. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FIGURES } from '../../server/observe/metrics.ts';
import { createLineKit, type LineKit } from '../../test/kit/line-kit.ts';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: {
    readonly h: number;
    readonly w: number;
    readonly x: number;
    readonly y: number;
  };
  readonly targets: readonly { readonly refId: string; readonly expr: string }[];
}

const source = readFileSync(join(import.meta.dirname, 'landline.json'), 'utf8');
const { panels, templating } = JSON.parse(source) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
};
const queries = [
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...templating.list.map(({ query }) => query),
];
const asked = new Set(
  queries.flatMap((query) => query.match(/\b(?:landline|process|nodejs)_\w+/g) ?? []),
);

let kit: LineKit;
beforeAll(async () => {
  kit = await createLineKit({}, 'own', { metrics: { host: '127.0.0.1', port: 0 } });
});
afterAll(() => kit.dispose());

test('each query names figures that a relay gives', async () => {
  const text = await (await fetch(`http://127.0.0.1:${kit.relay.metricsPort ?? 0}/metrics`)).text();
  const given = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  expect([...asked].filter((name) => !given.includes(name))).toEqual([]);
});

test('each figure of the relay is drawn', () => {
  const drawn = ({ name, type }: (typeof FIGURES)[number]): boolean =>
    asked.has(type === 'histogram' ? `${name}_bucket` : name);
  expect(FIGURES.filter((figure) => !drawn(figure)).map(({ name }) => name)).toEqual([]);
});

test('a counter is asked for its rate and a gauge is not', () => {
  const wrong = FIGURES.filter(({ name, type }) => {
    const uses = queries.filter((query) => new RegExp(`\\b${name}\\b`).test(query));
    return uses.some((query) => query.includes(`rate(${name}`) !== (type === 'counter'));
  });
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test('the panels have names of their own, stand in their order and cover nobody', () => {
  expect(panels.length).toBeGreaterThan(10);
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  expect(panels.map(({ id }) => id)).toEqual(panels.map((_, at) => at + 1));
  expect(panels.map(({ gridPos }) => gridPos)).toEqual(
    panels.map((_, at) => ({ h: 8, w: 8, x: 8 * (at % 3), y: 8 * Math.floor(at / 3) })),
  );
  for (const { targets } of panels)
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
});

test('its keys are in order, so that a change to it can be read', () => {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
  };
  expect(JSON.stringify(JSON.parse(source))).toBe(JSON.stringify(sorted(JSON.parse(source))));
});
