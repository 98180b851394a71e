/**
 * Where the page comes from: the built window under the app's own scheme. Only a run from the sources may take it from
 * electron-vite's server instead, and only from this computer; what people install looks at no variable.
 */
import { APP_ORIGIN, APP_PAGE } from './app-scheme.ts';

export interface PageSource {
  readonly url: string;
  /** As the bridge's sender check writes it. */
  readonly origin: string;
  readonly isBuilt: boolean;
}

const BUILT: PageSource = { url: APP_PAGE, origin: APP_ORIGIN, isBuilt: true };
const THIS_COMPUTER = new Set(['localhost', '127.0.0.1', '[::1]']);

export function pageSource({
  isPackaged,
  env,
}: {
  readonly isPackaged: boolean;
  readonly env: NodeJS.ProcessEnv;
}): PageSource {
  const given = isPackaged ? null : URL.parse(env['ELECTRON_RENDERER_URL'] ?? '');
  if (given === null || given.protocol !== 'http:' || !THIS_COMPUTER.has(given.hostname))
    return BUILT;
  return { url: given.href, origin: given.origin, isBuilt: false };
}
