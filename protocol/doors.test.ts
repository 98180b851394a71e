import { expect, test } from 'vitest';
import {
  closedCode,
  encodeClosed,
  encodeEvent,
  EventReader,
  eventsRequest,
  joinLines,
  splitLines,
} from './doors.ts';
import fixtures from './fixtures/doors.json' with { type: 'json' };

const FRAMES = ['{"t":"caught-up"}', encodeClosed(4501)];

test('every golden request for events survives reading unchanged, and an unknown field is refused', () => {
  for (const request of fixtures.events) {
    expect(eventsRequest.parse(request)).toEqual(request);
    expect(eventsRequest.safeParse({ ...request, since: 1 }).success).toBe(false);
  }
});

test('frames are one a line, or one an event', () => {
  expect(joinLines(FRAMES)).toBe(fixtures.lines);
  expect(splitLines(fixtures.lines)).toEqual(FRAMES);
  expect(FRAMES.map(encodeEvent).join('')).toBe(fixtures.stream);
});

test('a stream reads alike wherever it is cut, comments left out', () => {
  const stream = `: \n\n${fixtures.stream}`;
  for (let at = 0; at <= stream.length; at++) {
    const reader = new EventReader(1_000);
    expect([
      ...(reader.take(stream.slice(0, at)) ?? []),
      ...(reader.take(stream.slice(at)) ?? []),
    ]).toEqual(FRAMES);
  }
});

test('an event without an end is given up at its limit', () => {
  const reader = new EventReader(100);
  expect(reader.take(`data: ${'x'.repeat(94)}`)).toEqual([]);
  expect(reader.take('x')).toBeUndefined();
});

test.each([
  [encodeClosed(4000), 4000],
  ['{"t":"closed"}', undefined],
  ['{"t":"closed"', undefined],
  ['{"t":"caught-up"}', undefined],
])('%s closes with %s', (line, code) => {
  expect(closedCode(line)).toBe(code);
});
