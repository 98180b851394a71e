/** Turns what Chromium reports of one target into the few things a window wants to know, in Chromium's order. */
import type { CdpSession } from '../browser/cdp.ts';
import type { BrowserLink } from './browser-link.ts';

export interface PageWatch {
  readonly link: BrowserLink;
  readonly session: CdpSession;
  readonly targetId: string;
  readonly navigated: (wireUrl: string) => void;
  readonly navigatedInPage: (wireUrl: string) => void;
  readonly leaveForUnknownScheme: (url: string) => void;
  readonly opened: (url: string, disposition: 'foreground-tab' | 'background-tab') => void;
  readonly domReady: () => void;
  /** A document has loaded whole; its loader names the navigation that brought it. */
  readonly loaded: (loaderId: string) => void;
  readonly crashed: () => void;
  readonly revived: () => void;
  readonly said: (level: string, text: string) => void;
  readonly threw: (text: string) => void;
  /** The page's `beforeunload` wants it to stay; true lets it go all the same. */
  readonly mayUnload: () => boolean;
}

const FETCHED = /^(?:https?|file|about|data|blob|javascript|chrome-error):/i;

export function watchPage(watch: PageWatch): void {
  const { session } = watch;
  watchDocuments(watch);
  watchPopups(watch);
  session.on('Inspector.targetCrashed', () => watch.crashed());
  session.on('Inspector.targetReloadedAfterCrash', () => watch.revived());
  session.on('Runtime.consoleAPICalled', ({ type, args }) => {
    watch.said(type, args.map((arg) => String(arg.value ?? arg.description ?? arg.type)).join(' '));
  });
  session.on('Runtime.exceptionThrown', ({ exceptionDetails: { exception, text } }) =>
    watch.threw(exception?.description ?? text),
  );
  session.on('Page.javascriptDialogOpening', ({ type }) => {
    const accept = type === 'beforeunload' ? watch.mayUnload() : true;
    session.send('Page.handleJavaScriptDialog', { accept }).catch(() => undefined);
  });
}

function watchDocuments({ session, targetId, ...watch }: PageWatch): void {
  let current: string | undefined;
  session.on('Page.frameNavigated', ({ frame }) => {
    if (frame.parentId !== undefined) return;
    current = frame.loaderId;
    watch.navigated(frame.url + (frame.urlFragment ?? ''));
  });
  session.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
    if (frameId === targetId) watch.navigatedInPage(url);
  });
  session.on('Page.frameRequestedNavigation', ({ frameId, url, disposition }) => {
    if (frameId === targetId && disposition === 'currentTab' && !FETCHED.test(url))
      watch.leaveForUnknownScheme(url);
  });
  // Not the plain load event: that of the document before may come late, and says not whose it is.
  session.on('Page.lifecycleEvent', ({ frameId, loaderId, name }) => {
    if (frameId !== targetId || loaderId !== current) return;
    if (name === 'DOMContentLoaded') watch.domReady();
    if (name === 'load') watch.loaded(loaderId);
  });
}

/** Chromium opens tabs by itself for `target=_blank`, Ctrl and the middle button; Electron asks first. Close them, and ask. */
function watchPopups({ link, session, targetId, opened }: PageWatch): void {
  const expected = new Set<string>();
  session.on('Page.windowOpen', ({ url }) => opened(url, 'foreground-tab'));
  session.on('Page.frameRequestedNavigation', ({ url, disposition }) => {
    if (disposition === 'currentTab') return;
    expected.add(url);
    opened(url, disposition === 'newTab' ? 'background-tab' : 'foreground-tab');
  });
  link.root.on('Target.targetCreated', ({ targetInfo }) => {
    if (targetInfo.type !== 'page' || targetInfo.targetId === targetId) return;
    const isOurs = targetInfo.browserContextId === link.contextId || link.contextId === undefined;
    const isPopup = targetInfo.openerId === targetId || (isOurs && expected.delete(targetInfo.url));
    if (isPopup)
      link.root
        .send('Target.closeTarget', { targetId: targetInfo.targetId })
        .catch(() => undefined);
  });
}
