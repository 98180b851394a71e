/**
 * The threads beside the one that talks: they hash passwords and read files. On a machine with few cores they would share them with it as
 * equals, and whoever guesses at passwords would make everybody's messages late. Linux lets a thread give way.
 */
import { readdir, readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';

/** As Node's own library calls them. */
const POOL = 'libuv-worker';
const THREADS = '/proc/self/task';

/** @returns how many threads give way from now on; 0 where a thread has no priority of its own */
export async function letPoolGiveWay(): Promise<number> {
  if (process.platform !== 'linux') return 0;
  let count = 0;
  try {
    // Asking for a folder makes the pool, if nobody did before.
    for (const thread of await readdir(THREADS)) {
      if ((await readFile(`${THREADS}/${thread}/comm`, 'utf8')).trim() !== POOL) continue;
      setPriority(Number(thread), constants.priority.PRIORITY_BELOW_NORMAL);
      count++;
    }
  } catch {
    // A thread that ended meanwhile, or a machine that does not let us: all goes on as equals.
  }
  return count;
}
