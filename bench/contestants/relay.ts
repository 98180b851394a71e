/**
 * The relay itself, with all its defaults on: sign-in, rights, a durable store, acknowledgements, presence, heartbeats. Only the limits
 * on how much one client may say are raised, since a bench says more than any person; and TLS is off where the others have none.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { letPoolGiveWay } from '../../server/pool-priority.ts';
import type { Store, WriteTx } from '../../server/ports/store.ts';
import { startRelay, STORE_FILE, TOKEN_KEYS_FILE } from '../../server/relay.ts';
import { RAISED_LIMITS } from '../kit/raised-limits.ts';
import { seedTeam } from '../kit/seeding.ts';
import { serveContestant, type ServerSpec } from '../kit/server-spec.ts';

serveContestant(async (spec) => {
  const data = join(spec.folder, 'data');
  const passesFile = join(spec.folder, 'passes.json');
  seed(spec, data, passesFile);
  await letPoolGiveWay();
  const relay = await startRelay({
    data,
    host: '127.0.0.1',
    port: 0,
    tls: spec.isTls ? 'own' : 'off',
    limits: RAISED_LIMITS,
  });
  if (spec.variant === 'single-commits') commitOneByOne(relay.store);
  return { port: relay.port, passesFile };
});

function seed(
  { channels, membersPerChannel, storedMessages }: ServerSpec,
  data: string,
  passesPath: string,
): void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  seedTeam({
    store: { kind: 'sqlite', path: join(data, STORE_FILE) },
    keysPath: join(data, TOKEN_KEYS_FILE),
    passesPath,
    channels,
    membersPerChannel,
    storedMessages,
  });
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
