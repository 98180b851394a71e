/** `nativeImage`: holds the bytes of a PNG, or a bitmap, and its size. It draws nothing: what needs pixels changed is refused. */
import { readFileSync } from 'node:fs';
import { notImplemented, strict } from './strict.ts';

interface Picture {
  readonly png: Buffer | undefined;
  readonly bitmap: Buffer | undefined;
  readonly width: number;
  readonly height: number;
}

const EMPTY: Picture = { png: undefined, bitmap: undefined, width: 0, height: 0 };
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const fromPng = (bytes: Buffer): Picture =>
  bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)
    ? {
        png: bytes,
        bitmap: undefined,
        width: bytes.readUInt32BE(16),
        height: bytes.readUInt32BE(20),
      }
    : EMPTY;

function fromFile(path: string): Picture {
  try {
    return fromPng(readFileSync(path));
  } catch {
    return EMPTY; // As Electron: a path that cannot be read is an empty image.
  }
}

function createImage(picture: Picture): Electron.NativeImage {
  let isTemplate = false;
  const png = (): Buffer => {
    if (picture.png === undefined && picture.width > 0) notImplemented('encoding a bitmap as PNG');
    return picture.png ?? Buffer.alloc(0);
  };
  const image = {
    isEmpty: () => picture.width === 0,
    getSize: () => ({ width: picture.width, height: picture.height }),
    getAspectRatio: () => (picture.height === 0 ? 1 : picture.width / picture.height),
    getScaleFactors: () => [1],
    toPNG: png,
    toDataURL: () => `data:image/png;base64,${png().toString('base64')}`,
    toBitmap: () => picture.bitmap ?? notImplemented('decoding a PNG to a bitmap'),
    setTemplateImage: (option: boolean) => {
      isTemplate = option;
    },
    isTemplateImage: () => isTemplate,
    addRepresentation: () => undefined,
    resize: ({ width = picture.width, height = picture.height }: Electron.ResizeOptions) =>
      createImage({ png: undefined, bitmap: undefined, width, height }),
  };
  // The rest of Electron's surface throws: `strict` stands for the members that are not here.
  return strict('nativeImage', image) as unknown as Electron.NativeImage;
}

export interface NativeImageMaker {
  createEmpty(): Electron.NativeImage;
  createFromPath(path: string): Electron.NativeImage;
  createFromBuffer(bytes: Buffer): Electron.NativeImage;
  createFromDataURL(url: string): Electron.NativeImage;
  createFromBitmap(
    bitmap: Buffer,
    options: { readonly width: number; readonly height: number },
  ): Electron.NativeImage;
}

export const createNativeImages = (): NativeImageMaker =>
  strict('nativeImage', {
    createEmpty: () => createImage(EMPTY),
    createFromPath: (path: string) => createImage(fromFile(path)),
    createFromBuffer: (bytes: Buffer) => createImage(fromPng(bytes)),
    createFromDataURL: (url: string) =>
      createImage(fromPng(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'))),
    createFromBitmap: (
      bitmap: Buffer,
      { width, height }: { readonly width: number; readonly height: number },
    ) => createImage({ png: undefined, bitmap, width, height }),
  });
