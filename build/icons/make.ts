/**
 * Draws the pictures of the app from the drawings in `svg/`: the ones the running app reads (kept in the repository beside this
 * file, small), and the containers installers want. Run by hand after a drawing changed: `npx node build/icons/make.ts`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { ICNS_SIZES, icnsOf, icoOf, type Picture } from './containers.ts';

const HERE = import.meta.dirname;
const TRAY_SIZE = 22;
const OVERLAY_SIZE = 16;
const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];
const APP_SIZE = 512;

interface Wanted {
  readonly file: string;
  readonly drawing: string;
  readonly size: number;
}

const twice = (name: string, size: number): readonly Wanted[] => [
  { file: `${name}.png`, drawing: name, size },
  { file: `${name}@2x.png`, drawing: name, size: size * 2 },
];

/** What the running app reads; see `electron/main/icons.ts`. */
export const KEPT: readonly Wanted[] = [
  { file: 'icon.png', drawing: 'app', size: APP_SIZE },
  ...['live', 'offline', 'unread'].flatMap((state) => [
    ...twice(`tray-${state}`, TRAY_SIZE),
    ...twice(`tray-${state}-Template`, TRAY_SIZE),
  ]),
  ...twice('overlay', OVERLAY_SIZE),
];

export async function draw(drawing: string, size: number): Promise<Buffer> {
  const svg = readFileSync(join(HERE, 'svg', `${drawing}.svg`));
  const { width } = await sharp(svg).metadata();
  // Drawn at four times the size and brought down: thin lines keep their weight.
  const density = Math.min((72 * size * 4) / width, 2400);
  return sharp(svg, { density })
    .resize(size, size)
    .png({ compressionLevel: 9, palette: false })
    .toBuffer();
}

const drawAll = (sizes: readonly number[]): Promise<readonly Picture[]> =>
  Promise.all(sizes.map(async (size) => ({ size, png: await draw('app', size) })));

/** `icon.ico`, `icon.icns` and the sizes Linux desktops look for, into a folder. */
export async function makeContainers(folder: string): Promise<void> {
  const linux = join(folder, 'linux');
  mkdirSync(linux, { recursive: true });
  writeFileSync(join(folder, 'icon.ico'), icoOf(await drawAll(ICO_SIZES)));
  const large = await drawAll(ICNS_SIZES);
  writeFileSync(join(folder, 'icon.icns'), icnsOf(large));
  for (const { size, png } of large) {
    if (size <= APP_SIZE) writeFileSync(join(linux, `${size}x${size}.png`), png);
  }
}

if (process.argv[1] === import.meta.filename) {
  for (const { file, drawing, size } of KEPT)
    writeFileSync(join(HERE, file), await draw(drawing, size));
}
