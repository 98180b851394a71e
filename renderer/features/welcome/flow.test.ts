import { describe, expect, it } from 'vitest';
import type { RelayFound } from '../../../electron/bridge/commands.ts';
import { FIRST, move, type Move, type Step } from './flow.ts';

const found = (more: Partial<RelayFound> = {}): RelayFound => ({
  address: 'relay.local:7420',
  teamName: 'Tidewater Works',
  fingerprint: '4f'.repeat(32),
  isPinnedByInvite: true,
  needsSetup: false,
  invite: { code: 'CODE', invitedBy: null },
  replaces: null,
  ...more,
});
const walk = (...moves: readonly Move[]): Step => moves.reduce(move, FIRST);
const probed = (one: Partial<RelayFound>): Step =>
  walk({ kind: 'invite', typed: 'x' }, { kind: 'probe' }, { kind: 'found', found: found(one) });

describe('the way in', () => {
  it('an invite that brings its key leads straight to the account', () => {
    expect(probed({})).toMatchObject({ at: 'account', as: 'join' });
  });

  it('a key that came by itself is compared first, whatever else came', () => {
    expect(probed({ isPinnedByInvite: false })).toMatchObject({ at: 'compare' });
    expect(probed({ isPinnedByInvite: false, needsSetup: true })).toMatchObject({ at: 'compare' });
    expect(
      move(probed({ isPinnedByInvite: false, invite: null }), { kind: 'compared' }),
    ).toMatchObject({ at: 'account', as: 'sign-in' });
  });

  it('a relay behind a public certificate has no key to compare', () => {
    expect(probed({ isPinnedByInvite: false, fingerprint: null, invite: null })).toMatchObject({
      at: 'account',
      as: 'sign-in',
    });
  });

  it('a new relay makes its team', () =>
    expect(probed({ needsSetup: true })).toMatchObject({ at: 'account', as: 'setup' }));

  it('another key is a full stop: nothing leads on from it', () => {
    const stop = walk(
      { kind: 'invite', typed: 'x' },
      { kind: 'probe' },
      { kind: 'refused', problem: { kind: 'key-mismatch', expectedKey: 'a', seenKey: 'b' } },
    );
    expect(stop).toMatchObject({ at: 'stop', problem: { seenKey: 'b' } });
    for (const one of [
      { kind: 'compared' },
      { kind: 'probe' },
      { kind: 'found', found: found() },
      { kind: 'as', as: 'join' },
    ] as const) {
      expect(move(stop, one)).toBe(stop);
    }
    expect(move(stop, { kind: 'back' })).toMatchObject({ at: 'invite', typed: 'x' });
  });

  const known = { name: 'Tidewater', address: 'a:1', fingerprint: 'a', trust: 'key:a' };

  it('a relay that replaces the one of a team here waits for a person', () => {
    for (const one of [{}, { isPinnedByInvite: false }, { fingerprint: null, invite: null }]) {
      const step = probed({ ...one, replaces: known });
      expect(step).toMatchObject({ at: 'replace', found: { replaces: known } });
      expect(move(step, { kind: 'as', as: 'join' })).toBe(step);
      expect(move(step, { kind: 'back' })).toMatchObject({ at: 'invite', typed: 'x' });
      // They have an account there.
      expect(move(step, { kind: 'compared' })).toMatchObject({ at: 'account', as: 'sign-in' });
    }
  });

  it('a relay that claims a team here only when it is joined waits for a person too', () => {
    const refused = move(probed({}), {
      kind: 'refused',
      problem: { kind: 'replaces-team', replaces: known },
    });
    expect(refused).toMatchObject({ at: 'replace', typed: 'x', found: { replaces: known } });
    expect(move(refused, { kind: 'compared' })).toMatchObject({
      at: 'account',
      found: { replaces: known },
    });
  });

  it('a refusal is said beside what was typed, which stays', () => {
    expect(
      walk(
        { kind: 'invite', typed: 'nobody' },
        { kind: 'probe' },
        { kind: 'refused', problem: { kind: 'unreachable' } },
      ),
    ).toEqual({
      at: 'invite',
      typed: 'nobody',
      isProbing: false,
      problem: { kind: 'unreachable' },
    });
  });

  it('an answer to what was called off changes nothing', () => {
    const off = walk({ kind: 'invite', typed: 'x' }, { kind: 'probe' }, { kind: 'back' });
    expect(move(off, { kind: 'found', found: found() })).toBe(off);
  });

  it('nothing is probed where nothing is typed', () => {
    expect(walk({ kind: 'invite', typed: '  ' }, { kind: 'probe' })).toMatchObject({
      isProbing: false,
    });
  });
});
