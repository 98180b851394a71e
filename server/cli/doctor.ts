/**
 * Looks for what is wrong with a relay of this machine and says what to do. Every check is one line; none changes anything. The
 * store is read by the doctor's own process, so a relay that runs serves on meanwhile, and Ctrl+C ends the check.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { lstatSync, statfsSync } from 'node:fs';
import { get, type RequestOptions } from 'node:https';
import { get as getPlain } from 'node:http';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { HTTP } from '../../protocol/http.ts';
import { showFingerprint } from '../../protocol/invite-link.ts';
import { secrecyProblem } from '../auth/secret-file.ts';
import { dataFiles, positionKeyFile, tokenKeysFile, type RelayConfig } from '../config.ts';
import { adviceFor, keptAt, NOT_NAMED, placeProblem } from '../blobs-place.ts';
import type { Operator } from '../control/operator.ts';
import { BlobsUnavailable, MARK_NAME, type Blobs } from '../ports/blobs.ts';
import {
  CERTIFICATE_FILE,
  fingerprintOf,
  KEY_FILE,
  readCertificate,
  storedFingerprint,
} from '../lan/tls.ts';

export interface Finding {
  readonly check: string;
  readonly isOk: boolean;
  /** What is, in a few words. */
  readonly says: string;
  /** What to do about it. */
  readonly advice?: string;
}

export interface DoctorParts {
  readonly config: RelayConfig;
  readonly now: number;
  /** The operator of the running relay, else of the store; or why there is none. */
  readonly operator: Operator | string;
  readonly isRunning: boolean;
  /** Reads the whole store, without the relay. @returns what is wrong with it, in words */
  readonly audit: () => Promise<readonly string[]>;
  /** The place of the blobs, untouched; why it cannot be looked at; null where none is named. */
  readonly blobs: Blobs | null | string;
  readonly nodeVersion: string;
}

const LEAST_NODE = [24, 7] as const;
const LEAST_FREE_BYTES = 256 * 1024 * 1024;
const REACH_MS = 5_000;
const DAY_MS = 86_400_000;
/** No relay ran before this was written. */
const EARLIEST = Date.UTC(2026, 0, 1);

export async function examine(parts: DoctorParts): Promise<readonly Finding[]> {
  const { config, nodeVersion, now } = parts;
  const secrets: readonly Secret[] = [
    {
      check: 'token keys',
      path: tokenKeysFile(config.keys),
      without: 'the next start makes new ones',
    },
    {
      check: 'position key',
      path: positionKeyFile(config.keys),
      without: 'the next start makes a new one',
    },
    ...(config.tls === 'own' ? [relayKeyIn(config.keys)] : []),
  ];
  return [
    checkNode(nodeVersion),
    checkFolder(config.data),
    ...secrets.map(checkSecret),
    checkClock(config.data, now),
    checkRoom(config.data),
    ...(config.tls === 'own' ? [checkCertificate(config.keys, now)] : []),
    ...(config.proxyCertificate === null ? [] : [checkProxyCertificate(config.proxyCertificate)]),
    ...(await checkStore(parts)),
    await checkBlobs(parts),
    ...(await checkReach(parts)),
  ];
}

export function describeFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.map(({ check, isOk, says, advice }) => {
    const line = `${isOk ? 'ok     ' : 'PROBLEM'}  ${check.padEnd(width)}  ${says}`;
    return advice === undefined ? line : `${line}\n         ${' '.repeat(width)}  -> ${advice}`;
  });
  const bad = findings.filter(({ isOk }) => !isOk).length;
  const end =
    bad === 0 ? 'All is well.' : `${bad} ${bad === 1 ? 'thing needs' : 'things need'} attention.`;
  return `${lines.join('\n')}\n\n${end}\n`;
}

const fine = (check: string, says: string): Finding => ({ check, isOk: true, says });
const problem = (check: string, says: string, advice: string): Finding => ({
  check,
  isOk: false,
  says,
  advice,
});

/** What runs in an old Node.js stops somewhere inside, in words for nobody; so it is looked at first. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isGood = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  if (isGood) return fine('Node.js', version);
  return problem(
    'Node.js',
    `${version} is too old`,
    `Run the relay with Node.js ${LEAST_NODE.join('.')} or later.`,
  );
}

export function checkFolder(data: string): Finding {
  const check = 'data folder';
  let stat;
  try {
    stat = lstatSync(data);
  } catch {
    return problem(
      check,
      `${data} is not there`,
      'Name the folder with --data, or start the relay once with `serve`.',
    );
  }
  if (!stat.isDirectory())
    return problem(check, `${data} is not a folder`, 'Name the folder with --data.');
  if (process.platform !== 'win32' && (stat.mode & 0o022) !== 0) {
    return problem(check, `${data} can be changed by other accounts`, `Run: chmod 700 '${data}'`);
  }
  const me = process.geteuid?.();
  if (me !== undefined && me !== 0 && stat.uid !== me) {
    return problem(
      check,
      `${data} belongs to another account (uid ${stat.uid})`,
      'Run this as the account that runs the relay.',
    );
  }
  return fine(check, data);
}

interface Secret {
  readonly check: string;
  readonly path: string;
  /** What happens if it stays away. */
  readonly without: string;
}

const relayKeyIn = (folder: string): Secret => ({
  check: 'relay key',
  path: join(folder, KEY_FILE),
  without: 'the next start makes another relay of it, and everybody needs a new invite',
});

function checkSecret({ check, path, without }: Secret): Finding {
  let stat;
  try {
    stat = lstatSync(path);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const says = isMissing ? `${path} is not there` : `${path} cannot be read`;
    return problem(
      check,
      says,
      `Restore it from where you keep your backups. Without it, ${without}.`,
    );
  }
  const wrong = secrecyProblem(stat, path);
  return wrong === undefined
    ? fine(check, 'for this account alone')
    : problem(check, wrong.says, wrong.remedy);
}

function checkClock(data: string, now: number): Finding {
  const check = 'clock';
  const says = new Date(now).toISOString();
  const advice = "Set this machine's clock. Times of messages and the life of tokens hang on it.";
  if (now < EARLIEST) return problem(check, `${says} is long ago`, advice);
  try {
    const { mtimeMs } = lstatSync(dataFiles(data).store);
    if (mtimeMs > now + 60_000)
      return problem(check, `${says} is before the store was last written`, advice);
  } catch {
    // No store yet: nothing to compare with.
  }
  return fine(check, says);
}

function checkRoom(data: string): Finding {
  const check = 'disk';
  try {
    const { bavail, bsize } = statfsSync(data);
    const mib = Math.floor((bavail * bsize) / (1024 * 1024));
    if (bavail * bsize >= LEAST_FREE_BYTES) return fine(check, `${mib} MiB free`);
    return problem(
      check,
      `only ${mib} MiB free`,
      'Make room. When the disk is full, messages are refused until there is some.',
    );
  } catch {
    return problem(check, 'cannot be asked', 'Check the data folder.');
  }
}

function checkCertificate(data: string, now: number): Finding {
  const check = 'certificate';
  const certificate = readCertificate(join(data, CERTIFICATE_FILE));
  if (!certificate)
    return problem(
      check,
      'is missing or spoilt',
      'Restart the relay; it makes a new one with the same key.',
    );
  const days = Math.floor((certificate.validToDate.getTime() - now) / DAY_MS);
  if (days < 30)
    return problem(
      check,
      `is good for ${days} days`,
      'Restart the relay; it makes a new one with the same key.',
    );
  return fine(check, `good for ${days} days`);
}

/** How long it is good is nothing to desktops: they go by its key. */
function checkProxyCertificate(path: string): Finding {
  const check = "the proxy's key";
  const certificate = readCertificate(path);
  if (certificate) return fine(check, showFingerprint(fingerprintOf(certificate.publicKey)));
  return problem(
    check,
    `${path} is no certificate that can be read`,
    'Name the certificate that the proxy shows with --proxy-certificate.',
  );
}

async function checkStore({ operator, audit }: DoctorParts): Promise<readonly Finding[]> {
  if (typeof operator === 'string')
    return [problem('store', operator, 'See above; then run the doctor again.')];
  const store = await checkSoundness(audit);
  const status = await operator.run({ command: 'status' });
  if (!status.ok)
    return [store, problem('team', status.error.message, 'Look into the log of the relay.')];
  const { team, members } = status.value;
  return [
    store,
    team === null
      ? fine('team', 'not set up yet: landline-relay invite prints the setup link')
      : fine('team', `${team}, members: ${members}`),
  ];
}

const RESTORE =
  'Stop the relay, keep a copy of the data folder, and restore the last backup: landline-relay restore <file>';

async function checkSoundness(audit: DoctorParts['audit']): Promise<Finding> {
  try {
    const wrong = await audit();
    return wrong.length > 0
      ? problem('store', wrong.slice(0, 5).join('; '), RESTORE)
      : fine('store', 'sound');
  } catch (error) {
    return problem('store', `cannot be read: ${(error as Error).message}`, RESTORE);
  }
}

/** Writes a few bytes there and takes them away again: nothing else tells whether that can be done. */
async function checkBlobs({ config, blobs, operator }: DoctorParts): Promise<Finding> {
  const check = 'blobs';
  if (typeof blobs === 'string')
    return problem(check, blobs, 'Name the place of the blobs with --blobs.');
  const status =
    typeof operator === 'string' ? undefined : await operator.run({ command: 'status' });
  const known = status?.ok === true ? (status.value.blobsPlace ?? undefined) : undefined;
  if (config.blobs === null && known !== undefined)
    return problem(check, NOT_NAMED, 'Start the relay with --blobs.');
  if (blobs === null) return fine(check, 'kept nowhere: --blobs names no place');
  const at = keptAt(config);
  if (at === null) return fine(check, 'none yet');
  try {
    const mark = config.blobs === null ? undefined : await blobs.mark();
    if (config.blobs !== null && status?.ok === true) {
      const wrong = placeProblem({ at, mark, team: status.value.teamId, known });
      const { teamId: team } = status.value;
      if (wrong !== undefined)
        return problem(
          check,
          wrong,
          mark === undefined ? lostPlace({ team, place: known }) : SAME_PLACE,
        );
      if (mark === undefined) return fine(check, `${at}, which no relay has used yet`);
    }
    await blobs.probe();
    return fine(check, `${at} can be written`);
  } catch (error) {
    if (!(error instanceof BlobsUnavailable)) throw error;
    return problem(check, `${at}: ${error.message}`, adviceFor(error));
  }
}

const SAME_PLACE = 'Name the same place for every relay.';
const lostPlace = (mark: object): string =>
  `Mount it, or name the right one. If that place is lost for good, put this into ${MARK_NAME} at the new one: ${JSON.stringify(mark)}`;

async function checkReach({ config, isRunning }: DoctorParts): Promise<readonly Finding[]> {
  const { port, tls, data } = config;
  if (!isRunning)
    return [problem('relay', 'does not run on this data folder', 'Start it: landline-relay serve')];
  const host = config.host === '::' || config.host === '0.0.0.0' ? '127.0.0.1' : config.host;
  const isHereOnly = config.host === '::1' || config.host.startsWith('127.');
  const reached = await ask({ host, port, path: HTTP.ready }, tls === 'own');
  if (typeof reached === 'string') {
    return [
      problem(
        'port',
        `${host}:${port} does not answer (${reached})`,
        'Check --port and --host, and whether a firewall is in the way.',
      ),
    ];
  }
  const ready = reached.status === 200;
  const findings = [
    fine(
      'port',
      `${host}:${port} answers; ${isHereOnly ? 'only this computer reaches it' : 'others can reach it unless a firewall is in the way'}`,
    ),
    ready
      ? fine('readiness', 'takes connections')
      : problem(
          'readiness',
          `says ${reached.status}`,
          'The relay is going down or its store cannot answer; look into its log.',
        ),
  ];
  if (tls === 'off')
    return [
      ...findings,
      fine('fingerprint', 'none: TLS is off, so a proxy in front must speak it'),
    ];
  const own = readableFingerprint(data);
  const isSame = own !== undefined && own === reached.fingerprint;
  return [
    ...findings,
    isSame
      ? fine('fingerprint', showFingerprint(own))
      : problem(
          'fingerprint',
          'the key on the port is not the key in the data folder',
          'Another program answers there, or the key file was exchanged. Restart the relay; check that it says the fingerprint your members know.',
        ),
  ];
}

function readableFingerprint(data: string): string | undefined {
  try {
    return storedFingerprint(data);
  } catch {
    // What is wrong with the key file was said under its own name.
    return undefined;
  }
}

interface Reached {
  readonly status: number;
  readonly fingerprint: string | undefined;
}

function ask(where: RequestOptions, isTls: boolean): Promise<Reached | string> {
  return new Promise((resolve) => {
    const options = { ...where, agent: false, timeout: REACH_MS, headers: { host: 'localhost' } };
    // The relay is known by its key, which is compared after; the envelope round it is nobody's to vouch for.
    const request = isTls ? get({ ...options, rejectUnauthorized: false }) : getPlain(options);
    request.on('response', (response) => {
      response.resume();
      const peer = isTls ? (response.socket as TLSSocket).getPeerCertificate() : undefined;
      const spki =
        peer && new X509Certificate(peer.raw).publicKey.export({ type: 'spki', format: 'der' });
      const fingerprint = spki && createHash('sha256').update(spki).digest('hex');
      response.on('end', () => resolve({ status: response.statusCode ?? 0, fingerprint }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
