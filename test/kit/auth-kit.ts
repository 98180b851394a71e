/** Authentication on a real store in a temporary folder, with a clock that the test moves and randomness that it can replay. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SignedIn } from '../../protocol/http.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createLocalBudgets } from '../../server/adapters/budgets-local.ts';
import { openSqliteStore } from '../../server/adapters/store-sqlite/store.ts';
import { createAuth, type Auth } from '../../server/auth/auth.ts';
import { COST_FLOOR, type ArgonCost } from '../../server/auth/passwords.ts';
import { loadTokenKeys, type TokenKeys } from '../../server/auth/token-keys.ts';
import { createLog } from '../../server/observe/log.ts';
import type { Store } from '../../server/ports/store.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createSeededRandom } from './seeded-random.ts';

export const PASSWORD = 'nine lives of the office cat';
export const FROM = { address: '10.0.0.7' };

export interface AuthKit {
  readonly auth: Auth;
  readonly store: Store;
  readonly clock: FakeClock;
  /** Every line logged so far. */
  readonly lines: readonly string[];
  /** A second authentication over the same store and keys: another node, or the same one after a restart with other settings. */
  another(change: {
    readonly passwordCost?: ArgonCost;
    readonly keys?: TokenKeys;
    readonly isClockPlausible?: () => boolean;
  }): Auth;
  /** Sets the team up with its owner, Ada. */
  found(): Promise<SignedIn>;
  dispose(): Promise<void>;
}

export function createAuthKit(change: Partial<Limits> = {}): AuthKit {
  const folder = mkdtempSync(join(tmpdir(), 'landline-auth-'));
  const clock = createFakeClock();
  const random = createSeededRandom('auth');
  const store = openSqliteStore({
    path: join(folder, 'team.sqlite'),
    clock,
    random,
    isTemporary: true,
  });
  const lines: string[] = [];
  const log = createLog({
    level: 'debug',
    node: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  const limits = { ...DEFAULT_LIMITS, ...change };
  const ownKeys = loadTokenKeys(join(folder, 'token-keys.json'), random);
  const identity = { addresses: () => ['10.0.0.5:7420'], fingerprint: 'ab'.repeat(32) };
  const another: AuthKit['another'] = ({ passwordCost = COST_FLOOR, keys = ownKeys, ...rest }) =>
    createAuth({
      store,
      clock,
      random,
      log,
      limits,
      budgets: createLocalBudgets({ clock }),
      keys,
      identity,
      passwordCost,
      ...rest,
    });
  const auth = another({});
  return {
    auth,
    store,
    clock,
    lines,
    another,
    async found() {
      const { code } = await auth.invites.createSetup();
      const done = await auth.accounts.setup(
        {
          code,
          team: 'Night shift',
          name: 'Ada Okafor',
          handle: 'ada',
          password: PASSWORD,
          device: 'desk',
        },
        FROM,
      );
      if (!done.ok) throw new Error(done.error.kind);
      return done.value;
    },
    async dispose() {
      auth.dispose();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
