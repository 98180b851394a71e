/**
 * The command line of the relay. `serve` runs one; the other commands speak to the one that runs on the data folder or, when none
 * does, open its store themselves: two processes may not share it. Exit codes: 0 done, 1 not done, 2 not understood. What only some
 * commands need is loaded by them, so that a short question has a quick answer.
 */
import { existsSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import { assertNever, fail, type Result } from '../protocol/result.ts';
import { systemClock as clock, systemRandom as random } from './adapters/system-clock.ts';
import type { RelayIdentity } from './auth/gateway-auth.ts';
import { SecretFileError } from './auth/secret-file.ts';
import { keptAt } from './blobs-place.ts';
import { readPostgresServers } from './cluster.ts';
import {
  readArguments,
  usage,
  USAGE_LINE,
  type Invocation,
  type StorePlace,
} from './cli/arguments.ts';
import { checkFolder, checkNode, describeFindings, examine, type Finding } from './cli/doctor.ts';
import { readLastStart, writeLastStart } from './cli/last-start.ts';
import { moveTeam, type Moved } from './cli/move.ts';
import { putBackupInPlace, type RestoreDone } from './cli/restore.ts';
import { serve } from './cli/serve.ts';
import { describeBackup, describeRestored, writeAnswer } from './cli/terminal.ts';
import {
  dataFiles,
  readConfig,
  strayVariables,
  tokenKeysFile,
  type ConfigTexts,
  type RelayConfig,
} from './config.ts';
import { reachOperator } from './control/control-client.ts';
import { controlPath } from './control/control-path.ts';
import { createOperator, type Operator } from './control/operator.ts';
import { advertisedAddresses } from './lan/addresses.ts';
import { certificateFingerprint, storedFingerprint } from './lan/tls.ts';
import { createLog, type LogLevel } from './observe/log.ts';
import { createPlausibleClock } from './plausible-clock.ts';
import type { BlobsOpenFault } from './ports/blobs-open-fault.ts';
import type { Blobs } from './ports/blobs.ts';
import type { Log } from './ports/log.ts';
import type { BackupSummary } from './ports/restore.ts';
import type { StoreOpenFault } from './ports/store-open-fault.ts';
import type { WholeStore } from './ports/whole-store.ts';
import { letPoolGiveWay } from './pool-priority.ts';

const out = (text: string): void => void process.stdout.write(text);
const err = (text: string): void => void process.stderr.write(text);
type InvocationOf<Kind extends Invocation['kind']> = Extract<Invocation, { readonly kind: Kind }>;

// Everything the relay makes is for its own account alone.
process.umask(0o077);
// Whoever read our words is gone; that is no reason to go too.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const exitCode = await main();
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
);
// Nothing left behind may keep a relay that has stopped.
process.exit(exitCode);

async function main(): Promise<number> {
  const read = readArguments(process.argv.slice(2), (path) => resolve(path));
  if (!read.ok) {
    err(`landline-relay: ${read.error}\n${USAGE_LINE}; --help lists the commands\n`);
    return 2;
  }
  if (read.value.kind === 'help') {
    out(usage());
    return 0;
  }
  const config = configOf(read.value.config, read.value.kind !== 'serve');
  if (typeof config === 'string') {
    err(`landline-relay: ${config}\n`);
    return 2;
  }
  for (const name of strayVariables(process.env))
    err(`landline-relay: ${name} means nothing here\n`);
  return perform(read.value, config);
}

/** @param isAfter  go by how the relay was last started, where nothing else is said */
function configOf(options: ConfigTexts, isAfter: boolean): RelayConfig | string {
  const first = readConfig(options, process.env);
  if (!first.ok) return `${first.error.option} ${first.error.problem}`;
  const data = resolve(first.value.data);
  const last = isAfter ? readLastStart(dataFiles(data).lastStart) : undefined;
  if (!last) return absolute(first.value);
  const { port, host, tls, proxyCertificate, advertise, keys = '', postgres, redis, blobs } = last;
  const before: ConfigTexts = {
    port: String(port),
    host,
    tls,
    'proxy-certificate': proxyCertificate ?? '',
    advertise: advertise.join(','),
    keys,
    postgres: postgres ?? '',
    redis: redis ?? '',
    blobs: blobs ?? '',
  };
  const again = readConfig(options, process.env, before);
  return again.ok ? absolute(again.value) : `${again.error.option} ${again.error.problem}`;
}

/** What is remembered of it holds in every folder from which the relay is asked. */
function absolute({ data, keys, ...config }: RelayConfig): RelayConfig {
  const from = (path: string | null): string | null => (path === null ? null : resolve(path));
  const { postgres, redis, blobs, proxyCertificate } = config;
  const paths = {
    postgres: from(postgres),
    redis: from(redis),
    blobs: from(blobs),
    proxyCertificate: from(proxyCertificate),
  };
  return { ...config, ...paths, data: resolve(data), keys: resolve(keys) };
}

function perform(what: Invocation, config: RelayConfig): Promise<number> {
  switch (what.kind) {
    case 'help':
      return Promise.resolve(0);
    case 'serve':
      return runRelay(what, config);
    case 'command':
      return runCommand(what, config);
    case 'doctor':
      return runDoctor(what, config);
    case 'restore':
      return runRestore(what, config);
    case 'move':
      return runMove(what);
    default:
      return assertNever(what);
  }
}

async function runRelay(
  { isJson, stopsWithStdin }: InvocationOf<'serve'>,
  config: RelayConfig,
): Promise<number> {
  const log = logFor(config, config.log);
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      // What state the relay is in is anybody's guess; what was acknowledged is on the disk. Start afresh.
      log.error('relay-crashed', { event }, error);
      process.exit(1);
    });
  }
  if (config.tls === 'off' && !isLoopback(config.host)) {
    err(
      'landline-relay: TLS is off. Only a proxy on this machine should be able to reach this port; consider --host 127.0.0.1\n',
    );
  }
  if (config.metrics !== null && !isLoopback(config.metrics.host)) {
    err(
      'landline-relay: other machines can reach the figures. They ask nobody who they are; keep that port off the internet\n',
    );
  }
  const folder = existsSync(config.data) ? checkFolder(config.data) : undefined;
  if (folder?.isOk === false) err(`landline-relay: ${folder.says}. ${folder.advice ?? ''}\n`);
  const old = oldNode();
  if (old !== undefined) return startFailed({ kind: 'old-node', message: old }, isJson);
  const { startRelay } = await import('./relay.ts');
  await letPoolGiveWay();
  let relay;
  try {
    relay = await startRelay(config, { clock, random, log });
  } catch (error) {
    const fault = startFault(error, config);
    log.debug('start-failed', { kind: fault.kind });
    return startFailed(fault, isJson);
  }
  const { store, auth, identity } = relay;
  const operator = createOperator({
    store,
    auth,
    identity,
    blobsAt: () => keptAt(config),
    restoredFile: dataFiles(config.data).restored,
    log,
    startedAt: clock.now(),
  });
  const { data, keys } = config;
  writeLastStart(dataFiles(data).lastStart, {
    ...config,
    port: relay.port,
    keys: keys === data ? undefined : keys,
  });
  await serve({ config, isJson, stopsWithStdin, relay, operator, log, process });
  return 0;
}

async function runCommand(
  { command, isJson }: InvocationOf<'command'>,
  config: RelayConfig,
): Promise<number> {
  const reached = await findOperator(config);
  if (typeof reached === 'string') {
    if (isJson)
      out(`${JSON.stringify({ ok: false, error: { kind: 'failed', message: reached } })}\n`);
    else err(`landline-relay: ${reached}\n`);
    return 1;
  }
  try {
    return writeAnswer(command, await reached.operator.run(command), {
      isJson,
      now: clock.now(),
      out,
      err,
    });
  } finally {
    await reached.leave();
  }
}

async function runDoctor(
  { isJson, line }: InvocationOf<'doctor'>,
  config: RelayConfig,
): Promise<number> {
  const tell = (findings: readonly Finding[]): number => {
    out(isJson ? `${JSON.stringify(findings)}\n` : describeFindings(findings));
    return findings.every(({ isOk }) => isOk) ? 0 : 1;
  };
  if (line) {
    const { examineLine } = await import('./cli/line-doctor.ts');
    const { systemSockets } = await import('../doctor/sockets.ts');
    return tell(await examineLine(line, { sockets: systemSockets, clock }));
  }
  const reached = await findOperator(config);
  const [operator, isRunning] =
    typeof reached === 'string' ? [reached, false] : [reached.operator, reached.isRunning];
  const blobs = await lookForBlobs(config);
  try {
    return tell(
      await examine({
        config,
        now: clock.now(),
        operator,
        isRunning,
        audit: () => auditStore(config),
        blobs,
        nodeVersion: process.version,
      }),
    );
  } finally {
    if (typeof blobs === 'object') blobs?.close();
    if (typeof reached !== 'string') await reached.leave();
  }
}

/** What is wrong with the store: read in this process, whether a relay runs or not. */
async function auditStore({ data, postgres }: RelayConfig): Promise<readonly string[]> {
  if (postgres === null) {
    const { auditFile } = await import('./adapters/store-sqlite/audit.ts');
    return auditFile(dataFiles(data).store);
  }
  const { auditServers } = await import('./adapters/store-postgres/audit.ts');
  return auditServers(readPostgresServers(postgres));
}

/** The place of the blobs as it is; or why it cannot be looked at. */
async function lookForBlobs(config: RelayConfig): Promise<Blobs | null | string> {
  if (oldNode() !== undefined) return 'cannot be looked at with this Node.js';
  const { createBlobs } = await import('./relay.ts');
  try {
    return await createBlobs(config, { clock, random, limits: config.limits });
  } catch (error) {
    return startFault(error, config).message;
  }
}

async function runRestore(
  { from, isJson }: InvocationOf<'restore'>,
  config: RelayConfig,
): Promise<number> {
  const onPrepared = (summary: BackupSummary): void =>
    void (isJson || out(describeBackup(summary)));
  const done = await restoreFrom(from, config, onPrepared);
  if (isJson)
    out(
      `${JSON.stringify(done.ok ? done : { ok: false, error: { kind: 'failed', message: done.error } })}\n`,
    );
  else if (!done.ok) err(`landline-relay: ${done.error}\n`);
  else {
    const { before, restored } = done.value;
    const aside = before === null ? '' : ` The store from before is at ${before}.`;
    const blobs = keptAt(config);
    const others =
      blobs === null
        ? ''
        : `The blobs at ${blobs} are as they were; put those you kept with the backup there too.\n`;
    out(`The backup is in place.${aside}\n${others}${describeRestored(restored)}`);
  }
  return done.ok ? 0 : 1;
}

async function restoreFrom(
  from: string,
  config: RelayConfig,
  onPrepared: (summary: BackupSummary) => void,
): Promise<Result<RestoreDone, string>> {
  const old = oldNode();
  if (old !== undefined) return fail(old);
  if (config.postgres !== null)
    return fail('The team is in PostgreSQL, which has its own means: see pg_restore.');
  const { prepareCopy, readRights } = await import('./adapters/store-sqlite/restore-copy.ts');
  const { takeLock } = await import('./adapters/store-sqlite/lock.ts');
  return putBackupInPlace({
    from,
    files: dataFiles(config.data),
    now: clock.now(),
    prepare: (path, backup) => prepareCopy(path, backup, random),
    rights: readRights,
    lock: takeLock,
    onPrepared,
  });
}

async function runMove({ from, to, isJson }: InvocationOf<'move'>): Promise<number> {
  const done = await moveBetween(from, to);
  if (isJson)
    out(
      `${JSON.stringify(done.ok ? done : { ok: false, error: { kind: 'failed', message: done.error } })}\n`,
    );
  else if (!done.ok) err(`landline-relay: ${done.error}\n`);
  else {
    out(
      `The team has moved: ${done.value.rows['event'] ?? 0} events in ${done.value.feeds} feeds, compared on both sides.\n`,
    );
    const blobs = from.kind === 'sqlite' ? keptAt({ data: from.path }) : null;
    if (blobs !== null)
      out(`Its blobs have not: name ${blobs}, or where you copy them, with --blobs.\n`);
  }
  return done.ok ? 0 : 1;
}

async function moveBetween(from: StorePlace, to: StorePlace): Promise<Result<Moved, string>> {
  const old = oldNode();
  if (old !== undefined) return fail(old);
  const open: WholeStore[] = [];
  try {
    const source = await openWhole(from, false);
    open.push(source);
    const target = await openWhole(to, true);
    open.push(target);
    return await moveTeam({ from: source, to: target });
  } catch (error) {
    return fail(`The move is not done: ${(error as Error).message}`);
  } finally {
    for (const one of open) await one.close();
  }
}

async function openWhole({ kind, path }: StorePlace, isTarget: boolean): Promise<WholeStore> {
  if (kind === 'sqlite') {
    const { openWholeSqlite } = await import('./adapters/store-sqlite/whole.ts');
    return openWholeSqlite(dataFiles(path).store, { isTarget, random });
  }
  const { openWholePostgres } = await import('./adapters/store-postgres/whole.ts');
  return openWholePostgres(readPostgresServers(path), random);
}

interface Reached {
  readonly operator: Operator;
  readonly isRunning: boolean;
  leave(): Promise<void>;
}

/** The operator of the relay that runs on the data folder, else one on its store; or why there is neither. */
async function findOperator(config: RelayConfig): Promise<Reached | string> {
  const running = await reachOperator(controlPath(config.data));
  if (running) return { operator: running, isRunning: true, leave: () => Promise.resolve() };
  const old = oldNode();
  if (old !== undefined) return old;
  const { store: file, team } = dataFiles(config.data);
  const isThere = config.postgres !== null || existsSync(file) || existsSync(team);
  if (!isThere)
    return `There is no relay in ${config.data}. Name its folder with --data, or start one with serve.`;
  const { openTeamStore } = await import('./relay.ts');
  const { createLocalBudgets } = await import('./adapters/budgets-local.ts');
  const { createAuth } = await import('./auth/auth.ts');
  const { loadTokenKeys } = await import('./auth/token-keys.ts');
  try {
    const log = logFor(config, 'error');
    const { limits } = config;
    const plausible = createPlausibleClock({ clock, log, limits });
    const store = await openTeamStore(config, { clock: plausible, random, log });
    plausible.startFrom(await store.newestAt());
    const identity = identityAtRest(config);
    const keys = loadTokenKeys(tokenKeysFile(config.keys), random);
    const budgets = createLocalBudgets({ clock });
    const auth = createAuth({
      store,
      clock: plausible,
      random,
      log,
      limits,
      budgets,
      keys,
      identity,
      isClockPlausible: plausible.isPlausible,
    });
    const leave = async (): Promise<void> => {
      auth.dispose();
      await store.close();
    };
    const operator = createOperator({
      store,
      auth,
      identity,
      blobsAt: () => keptAt(config),
      restoredFile: dataFiles(config.data).restored,
      log,
      startedAt: null,
    });
    return { operator, isRunning: false, leave };
  } catch (error) {
    return startFault(error, config).message;
  }
}

/** Where the relay will be found once it runs again. */
function identityAtRest({
  keys,
  tls,
  proxyCertificate,
  port,
  host,
  advertise,
}: RelayConfig): RelayIdentity {
  const own = tls === 'own' ? (storedFingerprint(keys) ?? null) : null;
  return {
    addresses: () =>
      advertisedAddresses({
        interfaces: networkInterfaces(),
        hostname: hostname(),
        port,
        host,
        advertised: advertise,
      }),
    fingerprint: proxyCertificate === null ? own : certificateFingerprint(proxyCertificate),
  };
}

/** The sentence for a Node.js that cannot run a relay: asked before anything of it is loaded, which would end in the middle of a module. */
function oldNode(): string | undefined {
  const { isOk, says, advice = '' } = checkNode(process.version);
  return isOk ? undefined : `Node.js ${says}. ${advice}`;
}

interface StartFault {
  readonly kind: string;
  readonly message: string;
}

function startFailed({ kind, message }: StartFault, isJson: boolean): number {
  err(`landline-relay: ${message}\n`);
  if (isJson) out(`${JSON.stringify({ event: 'failed', kind, message })}\n`);
  return 1;
}

function startFault(error: unknown, { host, port, data, metrics }: RelayConfig): StartFault {
  if (isOpenFault(error)) return { kind: error.kind, message: error.message };
  if (error instanceof SecretFileError) return { kind: 'bad-secret-file', message: error.message };
  const {
    code,
    message,
    port: asked,
  } = error as NodeJS.ErrnoException & { readonly port?: number };
  const isOfMetrics = metrics !== null && metrics.port === asked;
  const [busy, option] = isOfMetrics ? [metrics.port, '--metrics'] : [port, '--port'];
  if (code === 'EADDRINUSE')
    return {
      kind: 'port-in-use',
      message: `Port ${busy} is in use. Another relay? Choose one with ${option}.`,
    };
  if (code === 'EADDRNOTAVAIL') {
    const [absent, where] = isOfMetrics ? [metrics.host, '--metrics'] : [host, '--host'];
    return {
      kind: 'no-such-address',
      message: `This machine has no address ${absent}. See ${where}.`,
    };
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      kind: 'not-allowed',
      message: `This account may not use port ${port}, or the folder ${data}.`,
    };
  }
  return { kind: 'failed', message: `The relay cannot start: ${message}` };
}

/** By name, so that neither database nor blobs need be loaded to say that they were not opened. */
function isOpenFault(error: unknown): error is StoreOpenFault | BlobsOpenFault {
  return (
    error instanceof Error && (error.name === 'StoreOpenFault' || error.name === 'BlobsOpenFault')
  );
}

function logFor(config: RelayConfig, level: LogLevel): Log {
  return createLog({ level, node: config.node, destination: process.stderr });
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}
