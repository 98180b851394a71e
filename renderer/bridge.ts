/** The one way out of the page: `window.landline`, put there by the preload, the loopback host or the development page. */
import type { LandlineApi } from '../electron/bridge/api.ts';

declare global {
  interface Window {
    readonly landline?: LandlineApi;
  }
}

export function theBridge(): LandlineApi {
  if (window.landline === undefined) throw new Error('the host put no bridge into this page');
  return window.landline;
}
