// @typescript-eslint/consistent-type-imports in server/domain
import { Store } from '../ports/store.ts';
export type Mine = Store;
