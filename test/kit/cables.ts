/**
 * Computers of a test's own, each with a cable to one switch, which can be pulled: network namespaces of Linux, virtual network cards and a
 * bridge. Nothing else is on that network, and it is gone with the processes that hold it. Only root can lay one.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { DIES_WITH_US, findProgram } from './services/program.ts';

const WHAT = 'a cable that is pulled is not shown';
const [IP, NSENTER, UNSHARE] = ['ip', 'nsenter', 'unshare'].map((name) =>
  process.platform === 'linux' ? findProgram(name, WHAT, ['/usr/sbin', '/sbin']) : undefined,
);

export interface Computer {
  readonly address: string;
  /** Stands before the command of a program that is to run on it. */
  readonly on: readonly string[];
  /** At the switch: the computer's own card stays up and keeps its address. */
  pull(): void;
  plug(): void;
}

export interface Network {
  readonly computers: readonly Computer[];
  dispose(): Promise<void>;
}

/** Of the block for measuring networks: nobody's. */
const addressOf = (n: number): string => `198.18.0.${n + 1}`;
const READY_MS = 10_000;

/** Undefined where this machine does not let us: no Linux, not root, or a kernel that gives no namespaces. A line says so. */
export async function layNetwork(computers: number): Promise<Network | undefined> {
  if (IP === undefined || NSENTER === undefined || UNSHARE === undefined) return undefined;
  const holders: ChildProcess[] = [];
  const dispose = async (): Promise<void> => {
    for (const holder of holders.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    )) {
      const gone = once(holder, 'exit');
      holder.kill('SIGKILL');
      await gone;
    }
  };
  const inside = (space: number): readonly string[] => [NSENTER, `--net=/proc/${space}/ns/net`];
  const configure = (space: number, words: string): void => {
    const [command = '', ...args] = [...inside(space), IP, ...words.split(' ')];
    execFileSync(command, args, { stdio: 'pipe' });
  };
  const connect = async (hub: number, n: number): Promise<Computer> => {
    const space = await hold(UNSHARE, holders);
    configure(space, `link add cable type veth peer name port${n} netns ${hub}`);
    configure(space, `addr add ${addressOf(n)}/24 dev cable`);
    for (const card of ['lo', 'cable']) configure(space, `link set ${card} up`);
    configure(hub, `link set port${n} master switch up`);
    const turn = (way: 'up' | 'down') => () => configure(hub, `link set port${n} ${way}`);
    return { address: addressOf(n), on: inside(space), pull: turn('down'), plug: turn('up') };
  };
  try {
    const hub = await hold(UNSHARE, holders);
    configure(hub, 'link add switch type bridge');
    configure(hub, 'link set switch up');
    const all: Computer[] = [];
    for (let n = 0; n < computers; n++) all.push(await connect(hub, n));
    return { computers: all, dispose };
  } catch (error) {
    await dispose();
    console.warn(`SKIPPED: ${WHAT}, because this machine lays none (${String(error)})`);
    return undefined;
  }
}

/** A process that has a network of its own and does nothing. @returns its id */
async function hold(unshare: string, holders: ChildProcess[]): Promise<number> {
  const [command = '', ...args] = [...DIES_WITH_US, unshare, '--net', 'sleep', '600'];
  const holder = spawn(command, args, { stdio: 'ignore' });
  holders.push(holder);
  const { pid } = holder;
  if (pid === undefined) throw new Error(`${command} does not start`);
  const ours = readlinkSync('/proc/self/ns/net');
  const until = performance.now() + READY_MS;
  while (readlinkSync(`/proc/${pid}/ns/net`) === ours) {
    if (holder.exitCode !== null || performance.now() > until)
      throw new Error('no network of its own');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return pid;
}
