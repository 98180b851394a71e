/**
 * Where the programs that tests start keep what they have compiled. Stripping the types of a relay and compiling it is half of its start,
 * and a run starts some hundred of them. Node goes by the contents of a file, so a changed one is compiled anew; a process that is
 * killed leaves nothing there, and the next one that ends by itself does.
 */
import { join } from 'node:path';

export const COMPILE_CACHE: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../.cache/compiled'),
};
