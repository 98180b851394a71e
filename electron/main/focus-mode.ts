/**
 * The system's own do-not-disturb, where it can be asked: GNOME tells through its settings. macOS and Windows silence an app's
 * notifications themselves and answer no question about it. The answer is at most some seconds old; asking never waits.
 */
import { execFile } from 'node:child_process';
import type { Clock } from '../core/ports.ts';

const FRESH_MS = 5_000;

export interface FocusModeParts {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Runs a program and gives what it printed; undefined when it is not there or failed. */
  readonly ask: (program: string, args: readonly string[]) => Promise<string | undefined>;
}

export const askProgram: FocusModeParts['ask'] = (program, args) =>
  new Promise((resolve) => {
    execFile(program, [...args], { timeout: 2_000, maxBuffer: 4096 }, (error, output) =>
      resolve(error === null ? output : undefined),
    );
  });

export function createFocusMode({ platform, env, clock, ask }: FocusModeParts): () => boolean {
  const canAsk =
    platform === 'linux' && (env['XDG_CURRENT_DESKTOP'] ?? '').split(':').includes('GNOME');
  if (!canAsk) return () => false;
  let isOn = false;
  let askedAt = -Infinity;
  const refresh = async (): Promise<void> => {
    askedAt = clock.monotonic();
    const answer = await ask('gsettings', [
      'get',
      'org.gnome.desktop.notifications',
      'show-banners',
    ]);
    isOn = answer?.trim() === 'false';
  };
  void refresh();
  return () => {
    if (clock.monotonic() - askedAt >= FRESH_MS) void refresh();
    return isOn;
  };
}
