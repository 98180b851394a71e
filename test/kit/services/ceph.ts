/**
 * A private Ceph with its S3 gateway, for the campaign, in a folder of its own and on ports of the
 * loopback: one monitor, one store in memory, and the gateway, which a test kills and starts again.
 * Real in all that a client meets: signatures, checks of content, conditions, listings.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { IS_CAMPAIGN } from '../campaign.ts';
import { freePort } from '../free-port.ts';
import { DIES_WITH_US, findProgram } from './program.ts';

const WHAT = 'blobs on a real S3 server are not shown';
const PROGRAMS = ['radosgw', 'ceph-mon', 'ceph-osd'];
/** Only a campaign looks for the programs, and misses them. */
export const HAS_CEPH =
  IS_CAMPAIGN &&
  PROGRAMS.map((name) => findProgram(name, WHAT)).every((path) => path !== undefined);

export interface S3Server {
  readonly address: URL;
  readonly keyId: string;
  readonly secret: string;
  /** The server stops in the middle of whatever it does; what it has kept stays. */
  kill(): Promise<void>;
  /** Resolves when the server answers again. */
  restart(): Promise<void>;
  /** Kills everything and removes what it kept. */
  dispose(): Promise<void>;
}

const HOST = '127.0.0.1';
const KEY_ID = 'landline';
const SECRET = 'only-for-tests';
const START_LIMIT_MS = 60_000;
const POLL_MS = 50;
const CAPS = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *'];

export async function startCeph(): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), 'landline-ceph-'));
  const [monitorPort, port] = [await freePort(), await freePort()];
  const conf = join(folder, 'ceph.conf');
  const keyring = join(folder, 'keyring');
  const fsid = randomUUID();
  for (const name of ['mon', 'osd']) mkdirSync(join(folder, name));
  writeFileSync(conf, confOf({ folder, fsid, monitorPort, port }));

  const children = new Set<ChildProcess>();
  const run = promisify(execFile);
  const tool = (name: string, ...args: readonly string[]) =>
    run(name, [...args], { timeout: START_LIMIT_MS });
  const start = (name: string, ...args: readonly string[]): ChildProcess => {
    const [command = name, ...before] = [...DIES_WITH_US, name];
    const child = spawn(command, [...before, '-c', conf, '-f', ...args], { stdio: 'ignore' });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const dispose = async (): Promise<void> => {
    await Promise.all([...children].map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  const startGateway = async (): Promise<ChildProcess> => {
    const started = start('radosgw', '-n', 'client.rgw');
    const until = Date.now() + START_LIMIT_MS;
    while (!(await answers(port))) {
      if (started.exitCode !== null || Date.now() > until)
        throw new Error('radosgw does not answer');
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return started;
  };

  try {
    await tool(
      'monmaptool',
      '--create',
      '--fsid',
      fsid,
      '--addv',
      'a',
      `[v2:${HOST}:${monitorPort}]`,
      join(folder, 'monmap'),
    );
    await tool('ceph-authtool', '--create-keyring', keyring, '--gen-key', '-n', 'mon.', ...CAPS);
    for (const name of ['client.admin', 'client.rgw', 'osd.0'])
      await tool('ceph-authtool', keyring, '--gen-key', '-n', name, ...CAPS);
    await tool(
      'ceph-mon',
      '-c',
      conf,
      '--mkfs',
      '-i',
      'a',
      '--monmap',
      join(folder, 'monmap'),
      '--keyring',
      keyring,
    );
    start('ceph-mon', '-i', 'a');
    const osd = randomUUID();
    await tool('ceph', '-c', conf, 'osd', 'new', osd);
    await tool('ceph-osd', '-c', conf, '-i', '0', '--mkfs', '--osd-uuid', osd);
    start('ceph-osd', '-i', '0');
    const keys = ['--access-key', KEY_ID, '--secret-key', SECRET];
    await tool(
      'radosgw-admin',
      '-c',
      conf,
      'user',
      'create',
      '--uid',
      'landline',
      '--display-name',
      'landline',
      ...keys,
    );
    let gateway = await startGateway();
    return {
      address: new URL(`http://${HOST}:${port}`),
      keyId: KEY_ID,
      secret: SECRET,
      kill: () => end(gateway),
      async restart() {
        await end(gateway);
        gateway = await startGateway();
      },
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: HOST, port, path: '/', agent: false }, (response) => {
      response.resume();
      resolve(true);
    });
    request.on('error', () => resolve(false));
  });
}

interface Conf {
  readonly folder: string;
  readonly fsid: string;
  readonly monitorPort: number;
  readonly port: number;
}

/** One of everything, in memory, in a hurry. */
const confOf = ({ folder, fsid, monitorPort, port }: Conf): string => `
[global]
fsid = ${fsid}
mon host = v2:${HOST}:${monitorPort}
public addr = ${HOST}
cluster addr = ${HOST}
keyring = ${join(folder, 'keyring')}
run dir = ${folder}
admin socket = ${folder}/$name.$pid.asok
log to file = false
log to stderr = false
mon cluster log to file = false
mon data avail crit = 1
mon allow pool size one = true
paxos propose interval = 0.05
osd objectstore = memstore
memstore device bytes = 536870912
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd class load list = *
osd class default list = *
[mon.a]
mon data = ${join(folder, 'mon')}
[osd.0]
osd data = ${join(folder, 'osd')}
[client.rgw]
rgw data = ${folder}
rgw frontends = beast endpoint=${HOST}:${port}
`;
