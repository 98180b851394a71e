/** A relay of its own process, as on a machine in the corner: started, killed without a word, and started again on the same data and port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { COMPILE_CACHE } from '../kit/compile-cache.ts';
import { freePort } from '../kit/free-port.ts';
import { ROOT } from './driver/parts.ts';

export interface RelayOnItsOwn {
  /** Sets the team up; null once there is one. */
  readonly setupLink: string | null;
  kill(): Promise<void>;
  start(): Promise<void>;
  dispose(): Promise<void>;
}

interface Ready {
  readonly event: string;
  readonly setupLink: string | null;
}

export async function startRelayOnItsOwn(): Promise<RelayOnItsOwn> {
  const folder = mkdtempSync(join(tmpdir(), 'landline-relay-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  let setupLink: string | null = null;

  const start = async (): Promise<void> => {
    const started = spawn(
      process.execPath,
      [
        'server/main.ts',
        'serve',
        '--json',
        '--data',
        folder,
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
      ],
      { cwd: ROOT, env: { ...process.env, ...COMPILE_CACHE }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child = started;
    let said = '';
    started.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const gone = once(started, 'exit').then(() => {
      throw new Error(`the relay ended before it was ready:\n${said}`);
    });
    gone.catch(() => undefined);
    for await (const line of createInterface({ input: started.stdout })) {
      const event = JSON.parse(line) as Ready;
      if (event.event !== 'ready') continue;
      setupLink = event.setupLink;
      started.stdout.resume();
      return;
    }
    await gone;
  };
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };

  await start();
  return {
    get setupLink() {
      return setupLink;
    },
    kill,
    start,
    dispose: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
