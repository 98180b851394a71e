/** Events are read by hand where there are many, and by schema: two ways, one verdict. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  heldEvent,
  isHeldEvent,
  isPosition,
  parseBySchema,
  parseEvent,
  position,
} from './feeds.ts';

const MEMBER = '0190a000-0000-4000-8000-0000000000b0';
const MESSAGE = '0190a000-0000-7000-8000-000000000001';
const posted = {
  seq: 5,
  at: 1_790_000_000_000,
  by: MEMBER,
  kind: 'posted',
  id: MESSAGE,
  text: 'hello',
};

/** Values that stand at the edge of what a field allows, and far from it. */
const numbers = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    -1,
    0.5,
    8.64e15,
    8.64e15 + 1,
    Number.MAX_SAFE_INTEGER,
    2 ** 53,
    Infinity,
    Number.NaN,
  ),
  fc.double(),
  fc.maxSafeNat(),
);
const ids = fc.oneof(
  fc.constantFrom(
    MEMBER,
    MESSAGE,
    MESSAGE.toUpperCase(),
    `${MESSAGE}\n`,
    ` ${MESSAGE}`,
    MESSAGE.replace('-8000-', '-c000-'),
    '',
  ),
  fc.uuid(),
  fc.uuid({ version: 7 }),
);
const anything = fc.oneof(numbers, ids, fc.string({ unit: 'binary' }), fc.anything());
const field = (fitting: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 8, arbitrary: fitting }, { weight: 1, arbitrary: anything });

const events = fc.record(
  {
    seq: field(fc.oneof(fc.maxSafeNat(), numbers)),
    at: field(fc.oneof(fc.constant(posted.at), numbers)),
    by: field(ids),
    kind: field(fc.constantFrom('posted', 'posted', 'edited', 'reacted')),
    id: field(ids),
    text: field(fc.string({ unit: 'binary' })),
    edited: field(fc.record({ seq: fc.maxSafeNat(), at: fc.maxSafeNat() })),
    more: anything,
  },
  { requiredKeys: ['seq', 'at', 'by', 'kind'] },
);

test('an event has the same verdict, and becomes the same, read by hand and by schema', () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: events }, anything), (raw) => {
      expect(parseEvent(raw)).toStrictEqual(parseBySchema(raw));
    }),
    { numRuns: 1_000 },
  );
});

/** Each spoils one field of a message that is good. */
test.each([
  { seq: -1 },
  { seq: 2 ** 53 },
  { seq: '5' },
  { at: 8.64e15 + 1 },
  { at: 1.5 },
  { by: MEMBER.toUpperCase() },
  { by: `${MEMBER}\n` },
  { id: MEMBER },
  { id: [MESSAGE] },
  { text: null },
  { text: new String('hello') },
  { edited: undefined },
  { edited: null },
  { edited: { seq: 6 } },
  { edited: { seq: 6, at: 7 } },
  { kind: 'Posted' },
])('a message with %o is what the schema makes of it', (spoiled) => {
  const raw = { ...posted, ...spoiled };
  expect(parseEvent(raw)).toStrictEqual(parseBySchema(raw));
});

test('what is not in the shape of a message does not come through', () => {
  expect(parseEvent({ ...posted, mood: 'fine', __proto__: { admin: true } })).toStrictEqual(posted);
});

const proofs = fc.oneof(
  fc.constantFrom('p'.repeat(34), 'p'.repeat(33), 'p'.repeat(35), `${'p'.repeat(34)}\n`),
  fc.string(),
);
const proven = fc.record(
  { seq: field(numbers), proof: field(proofs), more: anything },
  { requiredKeys: ['seq', 'proof'] },
);
const positions = fc.record(
  { seq: field(numbers), at: field(numbers), proven: field(proven), more: anything },
  { requiredKeys: ['seq', 'at'] },
);

test('a position read by hand is one by schema, and no other', () => {
  const good = { seq: 5, at: 50, proven: { seq: 4, proof: 'p'.repeat(34) } };
  expect([isPosition(good), isHeldEvent({ seq: 5, at: 50 })]).toEqual([true, true]);
  fc.assert(
    fc.property(fc.oneof(positions, anything), (made) => {
      const raw: unknown = JSON.parse(JSON.stringify(made) ?? 'null');
      expect(isPosition(raw)).toBe(position.safeParse(raw).success);
      expect(isHeldEvent(raw)).toBe(heldEvent.safeParse(raw).success);
    }),
    { numRuns: 2_000 },
  );
});
