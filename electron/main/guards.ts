/**
 * What a page may not do, whoever wrote it: leave its address, open windows, attach a webview, or be granted a permission. The
 * guards sit on the app and the session, so they hold for every page that could ever exist, not only for the window we made.
 */
import type { App, Session, WebContents } from 'electron';
import type { Log } from '../core/ports.ts';

/** Everything else (camera, location, devices …) is refused without asking. */
const GRANTED: ReadonlySet<string> = new Set(['notifications', 'clipboard-sanitized-write']);

export interface GuardParts {
  readonly app: Pick<App, 'on'>;
  readonly session: Pick<
    Session,
    'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
  >;
  /** Of the page we made; nobody else is granted anything. */
  readonly isOurs: (contents: WebContents | null) => boolean;
  readonly log: Log;
}

export function guardPages({ app, session, isOurs, log }: GuardParts): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => {
      log.warn('page.window-refused');
      return { action: 'deny' };
    });
    contents.on('will-navigate', (event) => {
      event.preventDefault();
      log.warn('page.navigation-refused');
    });
    contents.on('will-attach-webview', (event) => {
      event.preventDefault();
      log.warn('page.webview-refused');
    });
  });
  session.setPermissionRequestHandler((contents, permission, answer) =>
    answer(isOurs(contents) && GRANTED.has(permission)),
  );
  session.setPermissionCheckHandler(
    (contents, permission) => isOurs(contents) && GRANTED.has(permission),
  );
  session.setDevicePermissionHandler(() => false);
}
