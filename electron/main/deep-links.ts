/**
 * `landline://…` from outside: an argument of this start, of a second start, or macOS's `open-url`. Only the shape is looked at
 * here; what a link means, and that it is asked before anything happens, is the core's.
 */
import type { App, Event } from 'electron';
import { resolve } from 'node:path';

const SCHEME = 'landline';
const MAX_LENGTH = 2048;

export const isDeepLink = (text: string): boolean =>
  text.length <= MAX_LENGTH && /^landline:[\x21-\x7e]+$/i.test(text);

/** The link among the arguments of a start, the last one if there are several. */
export const linkIn = (argv: readonly string[]): string | undefined => argv.findLast(isDeepLink);

export interface DeepLinkParts {
  readonly app: Pick<App, 'on' | 'setAsDefaultProtocolClient' | 'isPackaged'>;
  readonly argv: readonly string[];
  readonly execPath: string;
  readonly onLink: (url: string) => void;
}

/** Must be called before the app is ready, or macOS's first `open-url` is missed. */
export function listenForLinks({ app, argv, execPath, onLink }: DeepLinkParts): void {
  // An app in development is Electron plus a folder; the registration has to name both.
  const folder = argv[1];
  if (app.isPackaged || folder === undefined) app.setAsDefaultProtocolClient(SCHEME);
  else app.setAsDefaultProtocolClient(SCHEME, execPath, [resolve(folder)]);
  app.on('open-url', (event: Event, url: string) => {
    event.preventDefault();
    if (isDeepLink(url)) onLink(url);
  });
}
