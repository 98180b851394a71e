/** A team for a relay that is measured, as if its people had joined over the months. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { PostgresAddress } from '../../server/adapters/store-postgres/connection.ts';

export interface Seeding {
  /** A file, or a fresh database. */
  readonly store:
    | { readonly kind: 'sqlite'; readonly path: string }
    | { readonly kind: 'postgres'; readonly address: PostgresAddress };
  readonly keysPath: string;
  /** Where to write one pass per member. */
  readonly passesPath: string;
  readonly channels: number;
  readonly membersPerChannel: number;
  /** Messages already said, spread over the channels. */
  readonly storedMessages: number;
}

/** By a process of its own, so that what seeding left in memory is not taken for the relay's. */
export function seedTeam(seeding: Seeding): void {
  const program = join(import.meta.dirname, '../contestants/seed-relay.ts');
  execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, JSON.stringify(seeding)],
    { stdio: 'inherit' },
  );
}
