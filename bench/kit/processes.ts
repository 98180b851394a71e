/** Processes seen from outside, where they cannot be asked: what they have used, whom they started, and on which core they run. Linux only. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { canPin } from './remote.ts';

/** The kernel counts a process's time in hundredths of a second. */
const TICK_US = 10_000;

/** CPU time in µs, all threads and all children that have ended included. */
export function cpuUsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + sumOf(statOf(pid).slice(11, 15)) * TICK_US, 0);
}

/** The process and all that it started and that still run, and what those started. */
export function familyOf(pid: number): readonly number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.flatMap(
    (thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').match(/\d+/g) ?? [],
  );
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
}

/** Ties all threads of running processes to a core, and with them whatever they start from now on. Does nothing without `taskset`. */
export function pin(pids: readonly number[], core: number): void {
  if (!canPin) return;
  for (const pid of pids)
    execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' });
}

/** What stands after the name, which may contain anything: state, parent, … user, system, and the same two of ended children. */
function statOf(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(') ') + 2).split(' ');
}

const sumOf = (ticks: readonly string[]): number =>
  ticks.reduce((sum, some) => sum + Number(some), 0);
