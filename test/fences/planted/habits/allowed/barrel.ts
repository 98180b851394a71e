// house/no-barrel in electron/core
import { createFeed } from './sync/feed.ts';
export const createFeeds = (names: readonly string[]) => names.map(createFeed);
