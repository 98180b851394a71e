/**
 * Composes the scripts Chromium runs at the start of every document: the page's own world first, then the preload's, which
 * speaks to it at once. They act in the top frame only, as a preload does in Electron by default.
 */
import { createCodec } from './codec.ts';
import { pagePresence, pageWorld } from './page-world.ts';
import type { Presence } from './page-world.ts';
import { preloadWorld } from './preload-world.ts';
import type { RendererProcess } from './preload-world.ts';
import { worldPort } from './world-port.ts';

const inTopFrame = (code: string): string => `if (self === top) { ${code} }`;
const text = (value: unknown): string => JSON.stringify(value);
/** A function as an expression: what the page gets is its source. */
const source = (part: (...args: never[]) => unknown): string => `(${String(part)})`;

export function pageScript(secret: string): string {
  const start: Presence = { visible: true, focused: false };
  return inTopFrame(
    `${source(pageWorld)}(${source(worldPort)}(${text(secret)}, 'page', 'preload'), ${source(pagePresence)}(${text(start)}));`,
  );
}

/** Runs after the page's script, so that a new document starts with what main last said. */
export function presenceScript(secret: string, presence: Presence): string {
  const detail = { op: 'tell', word: { topic: 'presence', ...presence } };
  return inTopFrame(
    `window.dispatchEvent(new CustomEvent(${text(`${secret}:page`)}, { detail: ${text(detail)} }));`,
  );
}

/** @param preload  the source of the preload, CommonJS; empty when the window has none */
export function preloadScript(secret: string, about: RendererProcess, preload: string): string {
  const port = `${source(worldPort)}(${text(secret)}, 'preload', 'page')`;
  const run = `function (require, process) {
    const module = { exports: {} };
    (function (exports, require, module, process, global, setImmediate, clearImmediate) {
${preload}
    }).call(undefined, module.exports, require, module, process, globalThis, (f, ...a) => setTimeout(f, 0, ...a), clearTimeout);
  }`;
  return inTopFrame(
    `${source(preloadWorld)}(${port}, ${source(createCodec)}(), ${text(about)}, ${run});`,
  );
}
