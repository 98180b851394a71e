/**
 * How the app is bundled, three ways: the main process and the relay's process as modules of Node, the preload as the one
 * CommonJS file a sandbox takes, the window as a page whose every part is a file of its own (the page's policy refuses inline
 * scripts, style elements and data addresses). Everything is bundled but the database driver, which is a native module.
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { join } from 'node:path';
import { noSchemas } from './no-schemas.ts';

const root = join(import.meta.dirname, '..');
const at = (path: string): string => join(root, path);
const NATIVE = ['better-sqlite3'];

export default defineConfig({
  main: {
    build: {
      outDir: at('out/main'),
      externalizeDeps: false,
      rolldownOptions: {
        input: {
          index: at('electron/main/index.ts'),
          'relay-process': at('electron/main/relay-process.ts'),
        },
        external: NATIVE,
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
        },
      },
    },
  },
  preload: {
    build: {
      outDir: at('out/preload'),
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: at('electron/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('renderer'),
    base: './',
    plugins: [react(), noSchemas()],
    build: {
      outDir: at('out/renderer'),
      target: 'chrome140',
      minify: true,
      chunkSizeWarningLimit: 1_000,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: at('renderer/index.html'),
      },
    },
  },
});
