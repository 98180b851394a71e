/** `protocol`: the app's own schemes, by Electron's modern interface (`handle`); the older callbacks are refused. */
import type { Schemes, SchemeHandler } from './schemes.ts';
import { strict } from './strict.ts';

export const createProtocol = (schemes: Schemes, isReady: () => boolean): object =>
  strict('protocol', {
    registerSchemesAsPrivileged: (list: readonly Electron.CustomScheme[]): void => {
      if (isReady())
        throw new Error(
          'protocol.registerSchemesAsPrivileged should be called before app is ready',
        );
      schemes.register(list);
    },
    handle: (scheme: string, handler: SchemeHandler) => schemes.handle(scheme, handler),
    unhandle: (scheme: string) => schemes.unhandle(scheme),
    isProtocolHandled: (scheme: string) => schemes.isHandled(scheme),
  });
