/**
 * Secrets sealed by the operating system (Keychain, DPAPI, a Linux keyring). Where the system has no keyring the box falls back
 * to a key in the data folder, and where its "keyring" is a password anyone can know it is used; both say that they do not
 * protect, and the window tells the person.
 */
import type { SafeStorage } from 'electron';
import type { SecretBox } from '../core/ports.ts';
import { isKeyFileSealed, openKeyFileBox } from '../host/key-file-box.ts';

export interface SecretBoxParts {
  readonly safeStorage: Pick<
    SafeStorage,
    'isEncryptionAvailable' | 'getSelectedStorageBackend' | 'encryptString' | 'decryptString'
  >;
  readonly platform: NodeJS.Platform;
  /** Of the key that stands in for a missing keyring. */
  readonly keyPath: string;
}

/** Only after the app is ready: before that no keyring can be asked. */
export function createSecretBox({ safeStorage, platform, keyPath }: SecretBoxParts): SecretBox {
  if (!safeStorage.isEncryptionAvailable()) return openKeyFileBox(keyPath);
  return {
    isProtected: platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text',
    seal: (plain) => new Uint8Array(safeStorage.encryptString(plain)),
    unseal(sealed) {
      // Sealed before the system had a keyring.
      if (isKeyFileSealed(sealed)) return openKeyFileBox(keyPath).unseal(sealed);
      try {
        return safeStorage.decryptString(Buffer.from(sealed));
      } catch {
        return undefined;
      }
    },
  };
}
