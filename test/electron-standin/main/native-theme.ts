/** `nativeTheme`: the source the app chose, over the system's own (which a test sets); windows follow through `watch`. */
import { StrictEmitter } from './strict.ts';

type Source = Electron.NativeTheme['themeSource'];

export class NativeTheme extends StrictEmitter {
  readonly #watchers: ((isDark: boolean) => void)[] = [];
  #source: Source = 'system';
  #isSystemDark = false;
  readonly shouldUseHighContrastColors = false;
  readonly shouldUseInvertedColorScheme = false;
  readonly inForcedColorsMode = false;
  readonly prefersReducedTransparency = false;

  protected override get raises(): readonly string[] {
    return ['updated'];
  }

  get themeSource(): Source {
    return this.#source;
  }

  set themeSource(source: Source) {
    this.#source = source;
    this.#changed();
  }

  get shouldUseDarkColors(): boolean {
    return this.#source === 'system' ? this.#isSystemDark : this.#source === 'dark';
  }

  /** For tests: what the system says. */
  setSystemDark(isDark: boolean): void {
    this.#isSystemDark = isDark;
    this.#changed();
  }

  /** For windows. */
  watch(watcher: (isDark: boolean) => void): void {
    this.#watchers.push(watcher);
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher(this.shouldUseDarkColors);
    this.emit('updated');
  }
}
