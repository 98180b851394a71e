/**
 * The process in which the app runs a relay: started by `local-relay.ts` as a utility process, told to stop by a message. It says
 * `ready` once, and its log goes to a file beside the relay's data.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../../server/config.ts';
import { createLog } from '../../server/observe/log.ts';
import { letPoolGiveWay } from '../../server/pool-priority.ts';
import { startRelay } from '../../server/relay.ts';

const MAX_LOG_BYTES = 4 * 1024 * 1024;
const CANNOT_RUN = 1;

const { values } = parseArgs({
  options: { data: { type: 'string' }, host: { type: 'string' }, port: { type: 'string' } },
});
const config = readConfig(
  { data: values.data ?? '', host: values.host ?? '', port: values.port ?? '' },
  process.env,
);
if (!config.ok) process.exit(CANNOT_RUN);
const settings = config.value;
const log = createLog({
  level: settings.log,
  node: settings.node,
  destination: logFile(join(settings.data, 'relay.log')),
});
process.on('uncaughtException', (error) => {
  log.error('relay-fell', {}, error);
  process.exit(CANNOT_RUN);
});

await letPoolGiveWay();
const relay = await startRelay(settings, { log });
// Read by `local-relay.ts`, which checks it by a schema.
process.parentPort.postMessage({
  kind: 'ready',
  address: `127.0.0.1:${relay.port}`,
  fingerprint: relay.fingerprint ?? '',
  setupCode: relay.setupCode,
});

let isStopping = false;
process.parentPort.on('message', () => {
  // There is one message, and it says stop.
  if (isStopping) return;
  isStopping = true;
  void stop();
});

async function stop(): Promise<void> {
  try {
    await relay.drain();
    await relay.close();
  } finally {
    process.exit(0);
  }
}

function logFile(path: string): { write(line: string): void } {
  mkdirSync(settings.data, { recursive: true, mode: 0o700 });
  return {
    write(line) {
      try {
        if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES)
          renameSync(path, `${path}.1`);
        appendFileSync(path, line, { mode: 0o600 });
      } catch {
        // A full disk silences the log, not the relay.
      }
    },
  };
}
