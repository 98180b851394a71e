/** electron-builder's hook before it packs: what goes along and is made, not kept (the icons of installers, the licences of others). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeContainers } from '../icons/make.ts';
import { asText, thirdParties } from './third-party.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export default async function beforePack(): Promise<void> {
  await makeContainers(join(ROOT, '.cache', 'icons'));
  const folder = join(ROOT, '.cache', 'licences');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'THIRD-PARTY-LICENCES.txt'), asText(thirdParties(ROOT)));
}
