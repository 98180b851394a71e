/** The app's pictures, read from the folder that `build/icons/make.ts` fills. */
import type { NativeImage, nativeImage } from 'electron';
import { join } from 'node:path';
import type { TrayIcon } from './tray.ts';

export interface Icons {
  tray(name: TrayIcon): NativeImage;
  /** The dot over the taskbar button on Windows. */
  overlay(): NativeImage;
  app(): NativeImage;
}

/** Electron finds the `@2x` neighbours of these by itself. */
export function iconsIn(
  folder: string,
  images: Pick<typeof nativeImage, 'createFromPath'>,
  platform: NodeJS.Platform,
): Icons {
  const read = (name: string): NativeImage => images.createFromPath(join(folder, name));
  return {
    // On macOS a name that ends in Template is drawn in the colour of the menu bar.
    tray: (name) => read(platform === 'darwin' ? `tray-${name}-Template.png` : `tray-${name}.png`),
    overlay: () => read('overlay.png'),
    app: () => read('icon.png'),
  };
}
