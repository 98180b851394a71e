/**
 * Runs a relay until it is told to stop: says where it is reached, listens for its operator, and on SIGTERM and SIGINT (or when standard
 * input closes, where that was asked for) lets everybody go and leaves within 15 seconds. A second signal leaves at once.
 */
import { formatInviteLink } from '../../protocol/invite-link.ts';
import type { RelayIdentity } from '../auth/gateway-auth.ts';
import type { RelayConfig } from '../config.ts';
import { controlPath } from '../control/control-path.ts';
import { listenForOperator, type ControlServer } from '../control/control-server.ts';
import type { Operator } from '../control/operator.ts';
import type { Log } from '../ports/log.ts';
import { describeStart, type Started } from './terminal.ts';

/** What `serve` asks of a running relay. */
export interface ServedRelay {
  readonly port: number;
  readonly identity: RelayIdentity;
  readonly setupCode: string | null;
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface ServeParts {
  readonly config: RelayConfig;
  readonly isJson: boolean;
  readonly stopsWithStdin: boolean;
  readonly relay: ServedRelay;
  readonly operator: Operator;
  readonly log: Log;
  readonly process: NodeJS.Process;
}

const PATIENCE_MS = 15_000;
/** Not SIGHUP: a handler of ours would undo `nohup`. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Resolves when the relay has stopped. */
export async function serve(parts: ServeParts): Promise<void> {
  const { config, isJson, relay, process, log } = parts;
  const stopped = untilStopped(parts);
  const control = await openControl(parts);
  const addresses = relay.identity.addresses();
  const { fingerprint } = relay.identity;
  const setupLink =
    relay.setupCode === null
      ? null
      : formatInviteLink({
          purpose: 'setup',
          relays: addresses,
          code: relay.setupCode,
          fingerprint,
        });
  const started: Started = { port: relay.port, addresses, fingerprint, setupLink };
  process.stderr.write(isJson ? '' : describeStart(started, config.data));
  if (isJson) process.stdout.write(`${JSON.stringify({ event: 'ready', ...started })}\n`);
  const why = await stopped;
  log.info('relay-stopping', { why });
  setTimeout(() => process.exit(1), PATIENCE_MS).unref();
  for (const signal of SIGNALS) process.once(signal, () => process.exit(1));
  await control?.close();
  await relay.drain();
  await relay.close();
}

function untilStopped({ stopsWithStdin, process }: ServeParts): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve(signal));
    if (!stopsWithStdin) return;
    // The program that started this relay died or let go of it.
    for (const event of ['end', 'close', 'error'])
      process.stdin.once(event, () => resolve('stdin'));
    process.stdin.resume();
  });
}

/** A relay that cannot hear its operator (a file system without sockets) still serves its team. */
async function openControl({
  config,
  operator,
  log,
}: ServeParts): Promise<ControlServer | undefined> {
  try {
    return await listenForOperator(controlPath(config.data), operator, log);
  } catch (error) {
    log.error('control-unavailable', {}, error);
    return undefined;
  }
}
