import { createSecretKey, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { proof as proofSchema } from '../../protocol/feeds.ts';
import { TEAM_FEED, type Epoch, type FeedId, type OperationId } from '../../protocol/ids.ts';
import type { Mark } from '../ports/store.ts';
import { createPositionProofs, type PositionProofs } from './position-proofs.ts';

const key = (text: string): KeyObject => createSecretKey(Buffer.alloc(32, text));
const proofsOf = (text: string, epoch = 'a'): PositionProofs =>
  createPositionProofs(key(text), () => epoch.repeat(32) as Epoch);
const op = (n: number): OperationId => `0190a000-0000-7000-8000-00000000000${n}` as OperationId;
const CHANNEL = 'channel/0190a000-0000-7000-8000-00000000000c' as FeedId;
const MARK: Mark = { at: 1_763_800_000_000, op: op(1) };

test('a proof is 34 characters, and the same again for the same event', () => {
  const proof = proofsOf('team').prove(CHANNEL, 17, MARK);
  expect(proofSchema.parse(proof)).toBe(proof);
  expect(proofsOf('team').prove(CHANNEL, 17, MARK)).toBe(proof);
});

test('a proof holds under its own epoch, feed, number and key, and nowhere else', () => {
  const ours = proofsOf('team');
  const proof = ours.prove(CHANNEL, 17, MARK);
  const flipped = (at: number): string =>
    proof.slice(0, at) + (proof[at] === 'A' ? 'B' : 'A') + proof.slice(at + 1);
  expect(ours.isOurs(CHANNEL, 17, proof)).toBe(true);
  expect([
    ours.isOurs(CHANNEL, 18, proof),
    ours.isOurs(TEAM_FEED, 17, proof),
    proofsOf('team', 'b').isOurs(CHANNEL, 17, proof),
    proofsOf('another').isOurs(CHANNEL, 17, proof),
    // Another event's name, and another HMAC.
    ours.isOurs(CHANNEL, 17, flipped(0)),
    ours.isOurs(CHANNEL, 17, flipped(12)),
    ours.isOurs(CHANNEL, 17, 'A'.repeat(34)),
  ]).toEqual(Array(7).fill(false));
});

test.each<[string, Mark]>([
  ['another operation at the same moment', { ...MARK, op: op(2) }],
  ['an event without an operation', { ...MARK, op: null }],
])('a proof is not about %s', (_what, other) => {
  const ours = proofsOf('team');
  const proof = ours.prove(CHANNEL, 17, MARK);
  expect([ours.isAbout(proof, MARK), ours.isAbout(proof, other)]).toEqual([true, false]);
});

test('a proof of an event without an operation is about its time', () => {
  const ours = proofsOf('team');
  const proof = ours.prove(CHANNEL, 17, { ...MARK, op: null });
  const isAbout = (at: number): boolean => ours.isAbout(proof, { at, op: null });
  expect([isAbout(MARK.at), isAbout(MARK.at + 1)]).toEqual([true, false]);
  expect(proofSchema.parse(proof)).toBe(proof);
});
