/**
 * The app's own address, `landline-app://bundle/`: the built window and nothing else. The page gets an origin that no web page
 * can have, with its security headers on every answer. Files are looked up in the list made at start (`window-files.ts`).
 */
import type { CustomScheme } from 'electron';
import { pageHeaders } from '../host/content-security.ts';
import type { WindowFiles } from '../host/window-files.ts';

const SCHEME = 'landline-app';
export const APP_ORIGIN = `${SCHEME}://bundle`;
export const APP_PAGE = `${APP_ORIGIN}/`;

/** Standard and secure, so that it has an origin and a secure context; not more. */
export const APP_SCHEME: CustomScheme = {
  scheme: SCHEME,
  privileges: { standard: true, secure: true, codeCache: true },
};

const refuse = (status: number): Response => new Response(null, { status, headers: pageHeaders() });

export async function answerAppRequest(
  request: Pick<Request, 'url' | 'method'>,
  files: WindowFiles,
): Promise<Response> {
  const url = URL.parse(request.url);
  if (url === null || url.protocol !== `${SCHEME}:` || url.host !== 'bundle') return refuse(404);
  if (request.method !== 'GET') return refuse(405);
  const file = files.find(url.pathname);
  if (file === undefined) return refuse(404);
  return new Response(await file.read(), {
    headers: { ...pageHeaders(), 'content-type': file.type },
  });
}
