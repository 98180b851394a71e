import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { cpuUsOf, familyOf } from './processes.ts';

const BURN = `
  while (process.cpuUsage().user < 200_000);
  const { user, system } = process.cpuUsage();
  console.log(user + system);`;
const TICK_US = 10_000;

it.runIf(process.platform === 'linux')(
  'what a process and its ended children have used is what they say themselves',
  () => {
    const own = (): number => {
      const { user, system } = process.cpuUsage();
      return user + system;
    };
    const [least, before] = [own(), cpuUsOf([process.pid])];
    const said = Number(execFileSync(process.execPath, ['-e', BURN], { encoding: 'utf8' }));
    const [spent, most] = [cpuUsOf([process.pid]) - before, own()];
    expect(spent).toBeGreaterThan(said - 2 * TICK_US);
    // A process goes on for a while after its last word.
    expect(spent).toBeLessThan(most - least + said + 200_000);
  },
);

it.runIf(process.platform === 'linux')('a family has those whom a child has started', async () => {
  const shell = spawn('sh', ['-c', 'exec 3<&0; sh -c "echo up; read -r _; :" <&3 & wait'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  try {
    await once(shell.stdout, 'data');
    expect(familyOf(shell.pid ?? 0)).toHaveLength(2);
    expect(familyOf(process.pid)).toEqual(expect.arrayContaining([...familyOf(shell.pid ?? 0)]));
  } finally {
    shell.stdin.end();
    await once(shell, 'exit');
  }
});
