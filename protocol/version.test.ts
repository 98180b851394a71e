import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { closedLine, eventsRequest } from './doors.ts';
import { EVENT_SCHEMAS, heldEvent, position } from './feeds.ts';
import { DOWN_SCHEMAS } from './frames-down.ts';
import { UP_SCHEMAS } from './frames-up.ts';
import { EVENT_KINDS_VERSION, pickVersion, PROTOCOL_VERSIONS } from './version.ts';

/**
 * The shape of the whole wire, as one number. When this fails, the wire changed: decide whether a desktop or relay of
 * the version before still understands it; if not, raise PROTOCOL_VERSIONS. Then pin the new fingerprint and describe
 * the change in docs/PROTOCOL.md.
 */
const PINNED = { max: 1, fingerprint: '81bda2f4df5c5d39' };

const shape = (schemas: Readonly<Record<string, z.ZodType>>): unknown =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }),
    ]),
  );
const fingerprintOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 16);

/** When this fails, events changed: raise EVENT_KINDS_VERSION, or kept events of a new kind stay unapplied. */
const PINNED_EVENTS = { version: 1, fingerprint: '2355da76439c0ef6' };

test('the events have not changed without the version of their kinds', () => {
  expect({
    version: EVENT_KINDS_VERSION,
    fingerprint: fingerprintOf(JSON.stringify(shape(EVENT_SCHEMAS))),
  }).toEqual(PINNED_EVENTS);
});

test('the wire has not changed without its version', () => {
  const text = JSON.stringify([
    shape(UP_SCHEMAS),
    shape(DOWN_SCHEMAS),
    shape(EVENT_SCHEMAS),
    shape({ eventsRequest, closedLine, heldEvent, position }),
  ]);
  expect({ max: PROTOCOL_VERSIONS.max, fingerprint: fingerprintOf(text) }).toEqual(PINNED);
});

test.each([
  [{ min: 1, max: 1 }, 1],
  [{ min: 0, max: 9 }, 1],
  [{ min: 2, max: 3 }, undefined],
  [{ min: 0, max: 0 }, undefined],
  [{ min: 3, max: 1 }, undefined],
])('an offer of %o is met with %s', (offer, version) => {
  expect(pickVersion(offer)).toBe(version);
});
