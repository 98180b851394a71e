// @typescript-eslint/consistent-type-imports in server/domain
import type { Store } from '../ports/store.ts';
export type Mine = Store;
