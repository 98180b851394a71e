/**
 * Opens an address in the person's browser with the system's own opener. The address stands in a
 * command line that every account can read: it must hold no secret.
 */
import { spawn } from 'node:child_process';

const OPENERS: Partial<Record<NodeJS.Platform, readonly [program: string, ...before: string[]]>> = {
  darwin: ['open'],
  // `start` is a word of the shell; rundll32 is a program, and takes the address without a shell reading it.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

export const hasScreen = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean =>
  platform === 'darwin' ||
  platform === 'win32' ||
  env['DISPLAY'] !== undefined ||
  env['WAYLAND_DISPLAY'] !== undefined;

/** False when there is no opener; how the browser fares is not waited for. */
export async function openBrowser(
  url: string,
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  if (!hasScreen(platform, env)) return false;
  const [program, ...before] = OPENERS[platform] ?? ['xdg-open'];
  return new Promise((resolve) => {
    const child = spawn(program, [...before, url], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
