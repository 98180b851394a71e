// `node --import register.mjs out/main/index.js`: whoever imports or requires `electron` gets the stand-in. The type-only package of
// that name stays reachable by its full path.
import { enableCompileCache, registerHooks } from 'node:module';

const STANDIN = new URL('./electron.ts', import.meta.url).href;
const NAMES = new Set(['electron', 'electron/main', 'electron/common']);

// A test starts many apps; each would strip the same types again.
enableCompileCache();
registerHooks({
  resolve: (specifier, context, next) =>
    NAMES.has(specifier)
      ? { url: STANDIN, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
});
