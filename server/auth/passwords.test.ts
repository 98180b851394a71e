import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import { COST_FLOOR, createPasswords, type Passwords } from './passwords.ts';

const GOOD = 'correct horse battery';
const make = (rules = {}, cost = COST_FLOOR): Passwords =>
  createPasswords({
    random: createSeededRandom('passwords'),
    rules: { ...DEFAULT_LIMITS, ...rules },
    cost,
  });
const hashOf = async (passwords: Passwords, password: string): Promise<string> => {
  const hash = await passwords.hash(password);
  if (!hash.ok) throw new Error(hash.error.kind);
  return hash.value;
};
const isRight = async (
  passwords: Passwords,
  password: string,
  stored: string,
): Promise<boolean> => {
  const verdict = await passwords.verify(password, stored);
  return verdict.ok && verdict.value.isRight;
};

describe('a password', () => {
  test('is kept as an argon2id PHC string and matches only itself', async () => {
    const passwords = make();
    const stored = await hashOf(passwords, GOOD);
    expect(stored).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
    expect(await isRight(passwords, GOOD, stored)).toBe(true);
    expect(await isRight(passwords, `${GOOD} `, stored)).toBe(false);
  });

  test('gives another hash each time', async () => {
    const passwords = make();
    expect(await hashOf(passwords, GOOD)).not.toBe(await hashOf(passwords, GOOD));
  });

  test('counts beyond its 72nd byte and beyond a NUL', async () => {
    const passwords = make();
    const long = await hashOf(passwords, `${'a'.repeat(72)}-one`);
    expect(await isRight(passwords, `${'a'.repeat(72)}-two`, long)).toBe(false);
    const withNul = await hashOf(passwords, 'before\0after one');
    expect(await isRight(passwords, 'before\0after two', withNul)).toBe(false);
    expect(await isRight(passwords, 'before', withNul)).toBe(false);
  });

  test('is the same however the keyboard composed it', async () => {
    const passwords = make();
    const stored = await hashOf(passwords, 'caf\u00e9 cr\u00e8me br\u00fbl\u00e9e');
    expect(await isRight(passwords, 'cafe\u0301 cre\u0300me bru\u0302le\u0301e', stored)).toBe(
      true,
    );
  });

  test.each([
    ['shorter than ten characters', 'abc def g', [], 'weak-password'],
    ['of one character', 'aaaaaaaaaaaaaaaa', [], 'weak-password'],
    ['that is the handle', 'priya.natarajan', ['priya.natarajan'], 'weak-password'],
    [
      'that is the name in other case',
      'priya natarajan',
      ['p', 'Priya Natarajan'],
      'weak-password',
    ],
    ['with half a character', 'correct horse \ud800', [], 'weak-password'],
    ['of a megabyte', 'ab cd '.repeat(180_000), [], 'too-large'],
    ['of more bytes than characters', '密'.repeat(400), [], 'too-large'],
  ])('%s is refused', (_what, password, about, kind) => {
    expect(make().check(password, about)).toMatchObject({ kind, field: 'password' });
  });

  test.each([GOOD, '電線桿上的麻雀正在開會', '🦊🐢🦉🐝🦊🐢🦉🐝🐙🦆'])(
    '%s is accepted',
    (password) => {
      expect(make().check(password, ['priya'])).toBeUndefined();
    },
  );

  test('of a megabyte is turned away before any hash is computed', async () => {
    const passwords = make();
    const stored = await hashOf(passwords, GOOD);
    expect(await isRight(passwords, 'x'.repeat(1_000_000), stored)).toBe(false);
    expect((await passwords.hash('x'.repeat(1_000_000))).ok).toBe(false);
    expect(passwords.hashesBegun).toBe(1);
  });
});

describe('checking a password', () => {
  test('costs one hash for a known and for an unknown member', async () => {
    const passwords = make();
    const stored = await hashOf(passwords, GOOD);
    const begun = passwords.hashesBegun;
    await passwords.verify('wrong password', stored);
    expect(passwords.hashesBegun).toBe(begun + 1);
    expect(await passwords.verify('wrong password', undefined)).toEqual({
      ok: true,
      value: { isRight: false, isOutdated: false },
    });
    expect(passwords.hashesBegun).toBe(begun + 2);
  });

  test('names a stored hash that is weaker than the present cost', async () => {
    const stored = await hashOf(make(), GOOD);
    const now = make({}, { ...COST_FLOOR, passes: 3 });
    expect(await now.verify(GOOD, stored)).toEqual({
      ok: true,
      value: { isRight: true, isOutdated: true },
    });
    expect(await now.verify('wrong password', stored)).toEqual({
      ok: true,
      value: { isRight: false, isOutdated: false },
    });
  });

  test.each([
    '',
    '$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=19456,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=1,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'correct horse battery',
  ])('against the forged or broken hash "%s" fails without harm', async (stored) => {
    expect(await make().verify(GOOD, stored)).toEqual({
      ok: true,
      value: { isRight: false, isOutdated: false },
    });
  });

  test('never runs more hashes at once than allowed and turns away what cannot wait', async () => {
    const passwords = make({ passwordHashesAtOnce: 1, passwordHashesWaiting: 2 });
    const all = await Promise.all(Array.from({ length: 6 }, () => passwords.hash(GOOD)));
    expect(all.filter((one) => one.ok)).toHaveLength(3);
    expect(
      all.filter(
        (one) => !one.ok && one.error.kind === 'rate-limited' && (one.error.retryAfterMs ?? 0) > 0,
      ),
    ).toHaveLength(3);
    expect((await passwords.hash(GOOD)).ok).toBe(true);
  });

  test('gives strangers one slot in four while known members wait, and the others otherwise', async () => {
    const passwords = make({ passwordHashesAtOnce: 1, passwordHashesWaiting: 16 });
    const stored = await hashOf(passwords, GOOD);
    const order: string[] = [];
    const check = async (from: 'known' | 'stranger'): Promise<void> => {
      await passwords.verify('wrong password', stored, from);
      order.push(from[0] ?? '');
    };
    await Promise.all([
      ...Array.from({ length: 9 }, () => check('known')),
      ...Array.from({ length: 5 }, () => check('stranger')),
    ]);
    // The first was let in at once.
    expect(order.join('').slice(1)).toBe('kkkskkkskksss');
  });

  test('leaves the event loop free', async () => {
    let turns = 0;
    let isDone = false;
    const done = make()
      .hash(GOOD)
      .then(() => (isDone = true));
    while (!isDone) {
      turns += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    expect(turns).toBeGreaterThan(2);
  });

  test('refuses to be set up below the floor', () => {
    expect(() => make({}, { memoryKiB: 8, passes: 1, lanes: 1 })).toThrow(RangeError);
  });
});
