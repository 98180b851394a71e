/** electron-builder's hook before it packs: the icons of the installers are drawn from their drawings, not kept. */
import { join } from 'node:path';
import { makeContainers } from '../icons/make.ts';

export default async function beforePack(): Promise<void> {
  await makeContainers(join(import.meta.dirname, '..', '..', '.cache', 'icons'));
}
