import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assignHues, hueOf, HUES } from './hues.ts';

const idOf = (n: number): string =>
  `${(n * 2_654_435_761).toString(16).padStart(12, '0')}-7000-8000-0123456789ab`;
const comers = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: idOf(n), joinedAt: n }));

it('no two of a small team have the same colour', () => {
  for (let first = 0; first < 200; first++) {
    const team = comers(HUES).map(({ joinedAt }) => ({
      id: idOf(first * HUES + joinedAt),
      joinedAt,
    }));
    expect(new Set(assignHues(team).values()).size).toBe(HUES);
  }
});

it('a big team has every colour as often as any other, give or take one', () => {
  const counts = Array<number>(HUES).fill(0);
  for (const hue of assignHues(comers(47)).values()) counts[hue] = (counts[hue] ?? 0) + 1;
  expect([...counts].sort()).toEqual([4, 4, 4, 5, 5, 5, 5, 5, 5, 5]);
});

it('nobody changes colour when somebody comes', () => {
  for (let count = 1; count < 30; count++) {
    const before = assignHues(comers(count));
    const after = assignHues(comers(count + 1));
    expect([...after].slice(0, count)).toEqual([...before]);
  }
});

it('everybody sees the same, in whatever order the members are known, also of two who came together', () => {
  const team = [...comers(12), { id: 'b', joinedAt: 3 }, { id: 'a', joinedAt: 3 }];
  expect(assignHues([...team].reverse())).toEqual(assignHues(team));
});

it('whoever comes first has the colour their id asks for, as has a stranger', () => {
  expect(assignHues([{ id: 'ada', joinedAt: 1 }])).toEqual(new Map([['ada', hueOf('ada')]]));
  for (const id of ['', 'a', '00000000-0000-0000-0000-000000000000'])
    expect(hueOf(id)).toBeLessThan(HUES);
});

// --- the colours themselves, which are the same in both themes

type Rgb = readonly [number, number, number];

/** Linear light of `#rrggbb`. */
function lightOf(hex: string): Rgb {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [a, b]
    .map(lightOf)
    .map(([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue)
    .sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** In Oklab, where equal steps look equally wide. */
function difference(a: string, b: string): number {
  const lab = ([red, green, blue]: Rgb): Rgb => {
    const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
    const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
    const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
    return [
      0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
  };
  const [one, other] = [lab(lightOf(a)), lab(lightOf(b))];
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
const colours = [
  ...read('avatar.module.css').matchAll(/\.hue(\d+) \{\s*background: (#[0-9a-f]{6});/gu),
];
const backgrounds = [
  ...read('../styles/tokens.css').matchAll(/--(?:paper|shelf|rail|raised): (#[0-9a-f]{6});/gu),
].map(([, hex = '']) => hex);

it('each of them is there, and can be told from every other', () => {
  expect(colours.map(([, n]) => Number(n))).toEqual(Array.from({ length: HUES }, (_, n) => n));
  const hexes = colours.map(([, , hex = '']) => hex);
  for (const [at, one] of hexes.entries()) {
    for (const other of hexes.slice(at + 1))
      expect([one, other, difference(one, other) >= 0.1]).toEqual([one, other, true]);
  }
});

it('the initials can be read on each of them, and each stands out from what it lies on, in both themes', () => {
  expect(backgrounds).toHaveLength(8);
  for (const [, , hex = ''] of colours) {
    expect(contrast('#ffffff', hex)).toBeGreaterThanOrEqual(4.5);
    for (const background of backgrounds)
      expect([hex, background, contrast(background, hex) >= 2]).toEqual([hex, background, true]);
  }
});
