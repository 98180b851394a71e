/**
 * Serves the development page of the window, built as the real one is, from 127.0.0.1 and under the
 * policy that the hosts set: what the policy would refuse in the app fails here too. Built once a
 * run.
 */
import react from '@vitejs/plugin-react';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { build } from 'vite';
import { noSchemas } from '../../../build/no-schemas.ts';
import { contentSecurityPolicy } from '../../../electron/host/content-security.ts';

const ROOT = join(import.meta.dirname, '../../..');
export const BUILT = join(ROOT, '.cache/window-page');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
};

/**
 * @param mode  of React: in development it warns, and what it warns of is a complaint of the page
 */
export async function buildPage(mode: 'development' | 'production' = 'development'): Promise<void> {
  await build({
    root: join(ROOT, 'renderer'),
    base: '/',
    configFile: false,
    logLevel: 'warn',
    cacheDir: join(ROOT, '.cache/vite'),
    plugins: [react(), noSchemas()],
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    build: {
      outDir: BUILT,
      emptyOutDir: true,
      target: 'chrome140',
      minify: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: join(ROOT, 'renderer/dev/index.html') },
    },
  });
}

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function servePage(): Promise<PageServer> {
  const server: Server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://page').pathname);
    const file = path === '/' ? '/dev/index.html' : path;
    readFile(join(BUILT, file)).then(
      (body) =>
        response
          .writeHead(200, {
            'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
            'content-security-policy': contentSecurityPolicy(),
            // The page is built once a run; a document that is opened again need not fetch it
            // again.
            'cache-control': 'max-age=3600',
          })
          .end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
