/**
 * A folder that looks enough like an Electron distribution for electron-builder to pack it: an executable that only carries the fuse
 * wire, as Electron's does, and the few files beside it. It cannot run; what is packed with it is run on the stand-in.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As `@electron/fuses` looks for it; a binary without it cannot be fused. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const WIRE_VERSION = 1;
/** As Electron ships: run-as-node, options and inspection on, integrity off. */
const SHIPPED = '101100011';
const PADDING = 4_096;

export function makeSyntheticElectron(folder: string): void {
  mkdirSync(join(folder, 'resources'), { recursive: true });
  mkdirSync(join(folder, 'locales'), { recursive: true });
  const wire = Buffer.concat([
    Buffer.from(SENTINEL),
    Buffer.from([WIRE_VERSION, SHIPPED.length]),
    Buffer.from(SHIPPED),
  ]);
  const binary = join(folder, 'electron');
  writeFileSync(
    binary,
    Buffer.concat([
      Buffer.from('\x7fELF', 'latin1'),
      Buffer.alloc(PADDING),
      wire,
      Buffer.alloc(PADDING),
    ]),
  );
  chmodSync(binary, 0o755);
  for (const language of ['en-US', 'zh-TW', 'de'])
    writeFileSync(join(folder, 'locales', `${language}.pak`), language);
  for (const file of ['LICENSE', 'LICENSES.chromium.html', 'version'])
    writeFileSync(join(folder, file), file);
}
