/** Authentication put together from its parts, for the composition root and for tests that want the whole of it. */
import type { Limits } from '../../protocol/limits.ts';
import type { Budgets } from '../ports/budgets.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createAccounts, type Accounts } from './accounts.ts';
import { createGatewayAuth, type RelayIdentity, type SocketAuth } from './gateway-auth.ts';
import { createInvites, type Invites } from './invites.ts';
import { createPasswords, type ArgonCost, type Passwords } from './passwords.ts';
import { createRefreshTokens } from './refresh-tokens.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createThrottle } from './throttle.ts';
import type { TokenKeys } from './token-keys.ts';

export interface AuthParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: Limits;
  /** Of attempts that may be guesses. */
  readonly budgets: Budgets;
  readonly keys: TokenKeys;
  readonly identity: RelayIdentity;
  /** Whether what runs out may be ended now; always, unless told. */
  readonly isClockPlausible?: () => boolean;
  readonly passwordCost?: ArgonCost;
}

export interface Auth {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly invites: Invites;
  readonly passwords: Passwords;
  /** What the gateway consumes. */
  readonly gateway: SocketAuth;
  dispose(): void;
}

export function createAuth(parts: AuthParts): Auth {
  const { store, clock, random, log, limits, budgets, keys, identity } = parts;
  const access = createAccessTokens({ keys, team: store.teamId, clock, random, limits });
  const refreshTokens = createRefreshTokens(keys, random);
  const passwords = createPasswords({
    random,
    rules: limits,
    ...(parts.passwordCost ? { cost: parts.passwordCost } : {}),
  });
  const isClockPlausible = parts.isClockPlausible ?? (() => true);
  const sessions = createSessions({
    store,
    clock,
    random,
    log,
    access,
    refreshTokens,
    isClockPlausible,
    limits,
  });
  const invites = createInvites({ store, clock, random, isClockPlausible, limits });
  const throttle = createThrottle({ budgets, limits });
  const accounts = createAccounts({
    store,
    clock,
    random,
    log,
    passwords,
    sessions,
    invites,
    throttle,
    isClockPlausible,
    limits,
  });
  const gateway = createGatewayAuth({ store, log, access, sessions, accounts, invites, identity });
  return { accounts, sessions, invites, passwords, gateway, dispose: () => sessions.dispose() };
}
