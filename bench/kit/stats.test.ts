import { expect, it } from 'vitest';
import { DelayHistogram, ratiosOf, spreadOf } from './stats.ts';

it('the median of an even number of values lies between the middle two', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, least: 1, most: 4, count: 4 });
});

it('ratios pair the repetitions that ran side by side', () => {
  expect(ratiosOf([2, 9], [1, 3])).toEqual([2, 3]);
});

it('small delays are exact and large ones are right to a thirty-second', () => {
  const histogram = new DelayHistogram();
  for (let micros = 1; micros <= 50; micros++) histogram.record(micros);
  expect(histogram.quantile(0.5)).toBe(25);
  const large = new DelayHistogram();
  for (let micros = 1; micros <= 100_000; micros++) large.record(micros);
  for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
    const wanted = share * 100_000;
    expect(large.quantile(share)).toBeGreaterThanOrEqual(wanted);
    expect(large.quantile(share)).toBeLessThanOrEqual(wanted * (1 + 1 / 32) + 1);
  }
  expect(large.summary()).toMatchObject({ count: 100_000, most: 100_000 });
});

it('every delay falls into a bucket whose edge is not below it', () => {
  for (const micros of [
    1, 31, 32, 63, 64, 65, 127, 128, 1_000, 65_535, 65_536, 1_000_000, 4_294_967_295,
  ]) {
    const histogram = new DelayHistogram();
    histogram.record(micros);
    histogram.record(4_294_967_295);
    expect(histogram.quantile(0.5)).toBeGreaterThanOrEqual(micros);
    expect(histogram.quantile(0.5)).toBeLessThanOrEqual(micros * (1 + 1 / 32) + 1);
  }
});
