/**
 * What the page may do, said once for both hosts. Under Electron it has no network at all; the
 * loopback page may open the one WebSocket to the host that served it. Trusted Types refuse every
 * string that would become markup or code, but for the address of the worker that colours code
 * (`renderer/text/page-worker.ts`).
 */
const POLICY: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'script-src': "'self'",
  'worker-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data: blob:",
  'font-src': "'self'",
  'connect-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-src': "'none'",
  'frame-ancestors': "'none'",
  'object-src': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': 'landline-worker',
};

/** @param connect  the only address the page may connect to; none under Electron */
export function contentSecurityPolicy(connect?: string): string {
  const policy = connect === undefined ? POLICY : { ...POLICY, 'connect-src': connect };
  return Object.entries(policy)
    .map(([directive, value]) => `${directive} ${value}`)
    .join('; ');
}

/** The headers of every file of the window. */
export const pageHeaders = (connect?: string): Readonly<Record<string, string>> => ({
  'content-security-policy': contentSecurityPolicy(connect),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), display-capture=(), payment=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
});
