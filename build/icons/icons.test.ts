import { readFileSync } from 'node:fs';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { KEPT, draw, makeContainers } from './make.ts';

const pixels = (png: Buffer): Promise<Buffer> => sharp(png).ensureAlpha().raw().toBuffer();

/** Renderers of other versions place an edge a shade differently; a changed drawing moves whole areas. */
const MEAN_TOLERANCE = 1;

test.each(KEPT)(
  '$file is drawn from svg/$drawing.svg as it is now',
  async ({ file, drawing, size }) => {
    const [kept, drawn] = await Promise.all([
      pixels(readFileSync(join(import.meta.dirname, file))),
      pixels(await draw(drawing, size)),
    ]);
    expect(kept).toHaveLength(size * size * 4);
    expect(drawn).toHaveLength(kept.length);
    const difference = kept.reduce(
      (sum, value, index) => sum + Math.abs(value - (drawn[index] ?? 0)),
      0,
    );
    expect(difference / kept.length).toBeLessThan(MEAN_TOLERANCE);
  },
);

test('the tray says three different things, in colour and in the menu bar of macOS', async () => {
  const of = async (name: string): Promise<string> =>
    (await pixels(readFileSync(join(import.meta.dirname, name)))).toString('base64');
  for (const kind of ['', '-Template']) {
    const states = await Promise.all(
      ['live', 'offline', 'unread'].map((state) => of(`tray-${state}${kind}.png`)),
    );
    expect(new Set(states).size).toBe(3);
  }
});

test('a template is black and nothing else, or macOS cannot tint it', async () => {
  const raw = await pixels(readFileSync(join(import.meta.dirname, 'tray-unread-Template.png')));
  const coloured = [...raw].filter((value, index) => index % 4 !== 3 && value > 8);
  expect(coloured).toEqual([]);
});

test('the containers hold every size, and each picture is a PNG where the table says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'landline-icons-'));
  try {
    await makeContainers(folder);
    const ico = readFileSync(join(folder, 'icon.ico'));
    expect(ico.readUInt16LE(4)).toBe(7);
    for (let at = 6; at < 6 + 16 * 7; at += 16) {
      const png = ico.subarray(
        ico.readUInt32LE(at + 12),
        ico.readUInt32LE(at + 12) + ico.readUInt32LE(at + 8),
      );
      expect((await sharp(png).metadata()).width % 256).toBe(ico.readUInt8(at));
    }
    const icns = readFileSync(join(folder, 'icon.icns'));
    expect(icns.subarray(0, 4).toString('latin1')).toBe('icns');
    expect(icns.readUInt32BE(4)).toBe(icns.length);
    expect(readdirSync(join(folder, 'linux'))).toContain('512x512.png');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
