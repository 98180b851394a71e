// house/no-barrel in electron/core
export * from './desktop.ts';
export { createFeed } from './sync/feed.ts';
