/**
 * Leaves zod out of the window. The bridge's files hold schemas beside the one function the window runs (`applyBatch`); hosts
 * check by them, the window never does. In the window's bundle `z` is a shadow: it can be built with and not be checked by.
 * That spares the window's start about a hundred kilobytes of script.
 */
import type { Plugin } from 'vite';

const SHADOW = '\0no-schemas';

const CODE = `
const refuse = () => { throw new Error('the window holds no schemas'); };
const CHECKS = new Set(['parse', 'safeParse', 'parseAsync', 'safeParseAsync', 'decode', 'encode']);
export const z = new Proxy(function schema() {}, {
  get: (_target, name) => (CHECKS.has(name) ? refuse : z),
  apply: () => z,
});
`;

export function noSchemas(): Plugin {
  return {
    name: 'landline:no-schemas',
    enforce: 'pre',
    resolveId: (source, importer) =>
      source === 'zod' && importer !== undefined && /\/electron\/bridge\/[\w-]+\.ts$/.test(importer)
        ? SHADOW
        : null,
    load: (id) => (id === SHADOW ? CODE : null),
  };
}
