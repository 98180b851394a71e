/**
 * Passwords: hashed with argon2id off the event loop, kept as PHC strings, checked in one manner whether or not the account exists.
 * Guarantees that at most `atOnce` hashes run and a bounded number waits, so that a flood of sign-ins costs the team's messages
 * nothing; that known members and strangers wait in two queues, and strangers get one slot in four, so neither keeps
 * the other out; that the whole password counts (NFC, no 72-byte cut, NUL is a byte like any other); and that a stored hash weaker than
 * the present cost is named, so that the caller can replace it. Leaves throttling to `throttle.ts`.
 */
import { argon2, timingSafeEqual } from 'node:crypto';
import { refuse, type Refusal } from '../../protocol/errors.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import type { Random } from '../ports/clock.ts';

export interface ArgonCost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** OWASP's least for argon2id. Nothing below it is ever written; a stored hash below it is replaced at the next sign-in. */
export const COST_FLOOR: ArgonCost = { memoryKiB: 19 * 1024, passes: 2, lanes: 1 };
/** What new hashes cost: some 60 ms of one core on a small office machine. */
export const DEFAULT_COST: ArgonCost = { memoryKiB: 32 * 1024, passes: 2, lanes: 1 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** A hash read from the store may not ask for more than this, or a forged row would take the machine down. */
const COST_CEILING: ArgonCost = { memoryKiB: 1024 * 1024, passes: 16, lanes: 8 };

export interface PasswordRules {
  /** Counted in code points of the NFC form. */
  readonly passwordMinLength: number;
  /** Counted in bytes of UTF-8, before and after normalising. */
  readonly passwordMaxBytes: number;
  readonly passwordHashesAtOnce: number;
  readonly passwordHashesWaiting: number;
}

export interface PasswordsParts {
  readonly random: Random;
  readonly rules: PasswordRules;
  readonly cost?: ArgonCost;
}

export interface Verdict {
  readonly isRight: boolean;
  /** The stored hash is weaker than what is written now. */
  readonly isOutdated: boolean;
}

/** Which line a check waits in. */
export type Line = 'known' | 'stranger';

export interface Passwords {
  /** Whether this may become a password. `about` are the person's own words (handle, name), which it may not merely repeat. */
  check(password: string, about: readonly string[]): Refusal | undefined;
  /** A PHC string. Refuses `rate-limited` when too many hashes wait. */
  hash(password: string): Promise<Result<string, Refusal>>;
  /**
   * Compares with a stored hash. Without one (no such member) it does the same work against a hash nobody can match, so that the
   * time tells nothing. Refuses `rate-limited` when too many hashes wait.
   * @param from  `known` is a session, or a place where this handle signed in before: not any place one cares to name
   */
  verify(
    password: string,
    stored: string | undefined,
    from?: Line,
  ): Promise<Result<Verdict, Refusal>>;
  /** How many hashes were begun since the start: what a test compares instead of time. */
  readonly hashesBegun: number;
}

export function createPasswords({ random, rules, cost = DEFAULT_COST }: PasswordsParts): Passwords {
  if (isBelow(cost, COST_FLOOR))
    throw new RangeError('the cost of password hashes is below the floor');
  const gate = createGate(rules.passwordHashesAtOnce, rules.passwordHashesWaiting);
  const nobody: Phc = { cost, salt: random.bytes(SALT_BYTES), hash: random.bytes(HASH_BYTES) };
  let begun = 0;

  const derive = async (
    message: Uint8Array,
    salt: Uint8Array,
    { memoryKiB, passes, lanes }: ArgonCost,
    from: Line,
  ): Promise<Result<Buffer, Refusal>> => {
    const leave = await gate(from);
    if (!leave) return fail(refuse('rate-limited', { retryAfterMs: 2_000 }));
    begun += 1;
    try {
      return ok(
        await argon2id({
          message,
          nonce: salt,
          parallelism: lanes,
          tagLength: HASH_BYTES,
          memory: memoryKiB,
          passes,
        }),
      );
    } finally {
      leave();
    }
  };

  return {
    check: (password, about) => checkPassword(password, about, rules),
    async hash(password) {
      const bytes = passwordBytes(password, rules.passwordMaxBytes);
      if (!bytes) return fail(refuse('too-large', { field: 'password' }));
      const salt = random.bytes(SALT_BYTES);
      // Whoever sets a password has shown a code, a session or the data folder first.
      const hash = await derive(bytes, salt, cost, 'known');
      return hash.ok ? ok(formatPhc({ cost, salt, hash: hash.value })) : hash;
    },
    async verify(password, stored, from = 'stranger') {
      const bytes = passwordBytes(password, rules.passwordMaxBytes);
      if (!bytes) return ok({ isRight: false, isOutdated: false });
      const known = stored === undefined ? undefined : parsePhc(stored);
      const against = known ?? nobody;
      const hash = await derive(bytes, against.salt, against.cost, from);
      if (!hash.ok) return hash;
      const isRight = timingSafeEqual(hash.value, against.hash) && known !== undefined;
      return ok({ isRight, isOutdated: isRight && isBelow(against.cost, cost) });
    },
    get hashesBegun() {
      return begun;
    },
  };
}

function checkPassword(
  password: string,
  about: readonly string[],
  rules: PasswordRules,
): Refusal | undefined {
  if (!passwordBytes(password, rules.passwordMaxBytes))
    return refuse('too-large', { field: 'password' });
  const points = [...password.normalize('NFC')];
  const weak = refuse('weak-password', { field: 'password' });
  if (
    !password.isWellFormed() ||
    points.length < rules.passwordMinLength ||
    new Set(points).size < 4
  )
    return weak;
  const plain = password.normalize('NFC').toLowerCase();
  return about.some((word) => word.toLowerCase() === plain) ? weak : undefined;
}

/** The bytes that are hashed, or nothing when there are too many. The cheap bound comes before the costly normalising. */
function passwordBytes(password: string, maxBytes: number): Buffer | undefined {
  if (password.length > maxBytes || Buffer.byteLength(password) > maxBytes) return undefined;
  const bytes = Buffer.from(password.normalize('NFC'));
  return bytes.length > maxBytes ? undefined : bytes;
}

interface Phc {
  readonly cost: ArgonCost;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;
const unpadded = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replace(/=+$/, '');

function formatPhc({ cost, salt, hash }: Phc): string {
  return `$argon2id$v=19$m=${cost.memoryKiB},t=${cost.passes},p=${cost.lanes}$${unpadded(salt)}$${unpadded(hash)}`;
}

function parsePhc(text: string): Phc | undefined {
  const match = PHC.exec(text);
  if (!match) return undefined;
  const cost: ArgonCost = {
    memoryKiB: Number(match[1]),
    passes: Number(match[2]),
    lanes: Number(match[3]),
  };
  const isSane =
    cost.lanes >= 1 &&
    cost.passes >= 1 &&
    cost.memoryKiB >= 8 * cost.lanes &&
    cost.memoryKiB <= COST_CEILING.memoryKiB &&
    cost.passes <= COST_CEILING.passes &&
    cost.lanes <= COST_CEILING.lanes;
  if (!isSane) return undefined;
  return {
    cost,
    salt: Buffer.from(match[4] ?? '', 'base64'),
    hash: Buffer.from(match[5] ?? '', 'base64'),
  };
}

const isBelow = (cost: ArgonCost, than: ArgonCost): boolean =>
  cost.memoryKiB < than.memoryKiB || cost.passes < than.passes || cost.lanes < than.lanes;

interface ArgonAsk {
  readonly message: Uint8Array;
  readonly nonce: Uint8Array;
  readonly parallelism: number;
  readonly tagLength: number;
  readonly memory: number;
  readonly passes: number;
}

const argon2id = (ask: ArgonAsk): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    argon2('argon2id', ask, (error, hash) => (error ? reject(error) : resolve(hash)));
  });

/** While both wait, a stranger goes after so many known ones. */
const KNOWN_IN_A_ROW = 3;

/** Lets `atOnce` in, keeps `waiting` in each line, three known ones for each stranger, and turns the rest away. */
function createGate(
  atOnce: number,
  waiting: number,
): (from: Line) => Promise<(() => void) | undefined> {
  const lines: Readonly<Record<Line, (() => void)[]>> = { known: [], stranger: [] };
  let inside = 0;
  let knownInARow = 0;
  const next = (): (() => void) | undefined => {
    const known = knownInARow < KNOWN_IN_A_ROW ? lines.known.shift() : undefined;
    const stranger = known ? undefined : lines.stranger.shift();
    knownInARow = known ? knownInARow + 1 : 0;
    return known ?? stranger ?? lines.known.shift();
  };
  const leave = (): void => {
    const waitingOne = next();
    if (waitingOne) waitingOne();
    else inside -= 1;
  };
  return async (from) => {
    const line = lines[from];
    if (inside < atOnce) inside += 1;
    else if (line.length >= waiting) return undefined;
    else await new Promise<void>((resolve) => line.push(resolve));
    return leave;
  };
}
