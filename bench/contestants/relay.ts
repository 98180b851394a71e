/**
 * The relay itself, with all its defaults on: sign-in, rights, a durable store, acknowledgements, presence, heartbeats. Only the limits
 * on how much one client may say are raised, since a bench says more than any person; and TLS is off where the others have none.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits } from '../../protocol/limits.ts';
import { letPoolGiveWay } from '../../server/pool-priority.ts';
import type { Store, WriteTx } from '../../server/ports/store.ts';
import { startRelay, STORE_FILE, TOKEN_KEYS_FILE } from '../../server/relay.ts';
import { serveContestant, type ServerSpec } from '../kit/server-spec.ts';
import type { Seeding } from './seed-relay.ts';

const ALMOST_UNLIMITED = 1_000_000;

/** What the bench raises; docs/PERFORMANCE.md names them. */
const LIMITS: Partial<Limits> = {
  sendsPerSecond: ALMOST_UNLIMITED,
  sendsBurst: ALMOST_UNLIMITED,
  framesPerSecond: ALMOST_UNLIMITED,
  framesBurst: ALMOST_UNLIMITED,
  bytesInPerSecond: ALMOST_UNLIMITED * 1_000,
  // All members come from one address.
  socketsUnauthenticatedPerAddress: 1_000,
};

serveContestant(async (spec) => {
  const data = join(spec.folder, 'data');
  const passesFile = join(spec.folder, 'passes.json');
  seed(spec, data, passesFile);
  await letPoolGiveWay();
  const relay = await startRelay({ data, host: '127.0.0.1', port: 0, tls: spec.isTls ? 'own' : 'off', limits: LIMITS });
  if (spec.variant === 'single-commits') commitOneByOne(relay.store);
  return { port: relay.port, passesFile };
});

function seed({ channels, membersPerChannel, storedMessages }: ServerSpec, data: string, passesPath: string): void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const seeding: Seeding = {
    storePath: join(data, STORE_FILE),
    keysPath: join(data, TOKEN_KEYS_FILE),
    passesPath,
    channels,
    membersPerChannel,
    storedMessages,
  };
  const program = join(import.meta.dirname, 'seed-relay.ts');
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', program, JSON.stringify(seeding)], { stdio: 'inherit' });
}

/** The next work is handed over when the one before is durable: every message then has a transaction to itself. */
function commitOneByOne(store: Store): void {
  const write = store.write.bind<Store['write']>(store);
  let last: Promise<unknown> = Promise.resolve();
  const oneByOne = <T>(work: (tx: WriteTx) => Promise<T>): Promise<T> => {
    const mine = last.then(() => write(work));
    last = mine.catch(() => undefined);
    return mine;
  };
  Object.assign(store, { write: oneByOne });
}
