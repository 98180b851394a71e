/**
 * The relay of this computer under the browser host: `node server/main.ts serve` as a child, on a folder of the host's data. It prints
 * one JSON line when it is ready, ends when it is told to by a signal, and never outlives the host.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Clock, Log } from '../core/ports.ts';
import { createRelayKeeper, type RelayKeeper, type RelayProcess, type RelayProcessEvents } from '../host/relay-keeper.ts';

export interface LocalRelayParts {
  /** `server/main.ts` */
  readonly script: string;
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Longer than the relay's own drain. */
const STOP_LIMIT_MS = 16_000;
