/** `Tray`: icon, words and menu, kept for tests, which click through `emit('click')` or the menu. */
import type { StandinMenu } from './menu.ts';
import type { Tell } from './notes.ts';
import { StrictEmitter } from './strict.ts';

export interface TrayParts {
  readonly tell: Tell;
  /** Every tray icon now there, oldest first. */
  readonly trays: StandinTray[];
}

type Icon = Electron.NativeImage | string;

export class StandinTray
  extends StrictEmitter
  implements
    Pick<
      Electron.Tray,
      'setImage' | 'setToolTip' | 'setTitle' | 'getTitle' | 'destroy' | 'isDestroyed' | 'getBounds'
    >
{
  readonly #parts: TrayParts;
  #icon: Icon;
  #toolTip = '';
  #title = '';
  #menu: StandinMenu | null = null;
  #isDestroyed = false;

  constructor(parts: TrayParts, icon: Icon) {
    super();
    this.#parts = parts;
    this.#icon = icon;
    parts.trays.push(this);
  }

  protected override get raises(): readonly string[] {
    return [
      'click',
      'right-click',
      'double-click',
      'middle-click',
      'balloon-click',
      'drop',
      'mouse-enter',
      'mouse-leave',
    ];
  }

  /** For tests. */
  get icon(): Icon {
    return this.#icon;
  }

  /** For tests. */
  get toolTip(): string {
    return this.#toolTip;
  }

  /** For tests. */
  get menu(): StandinMenu | null {
    return this.#menu;
  }

  setImage(icon: Icon): void {
    this.#icon = icon;
    this.#parts.tell('tray', { tooltip: this.#toolTip });
  }

  setToolTip(toolTip: string): void {
    this.#toolTip = toolTip;
    this.#parts.tell('tray', { tooltip: toolTip });
  }

  setTitle(title: string): void {
    this.#title = title;
  }

  getTitle(): string {
    return this.#title;
  }

  setContextMenu(menu: StandinMenu | null): void {
    this.#menu = menu;
  }

  popUpContextMenu(menu?: StandinMenu): void {
    (menu ?? this.#menu)?.popup();
  }

  setIgnoreDoubleClickEvents(_ignore: boolean): void {}

  setPressedImage(_image: Icon): void {}

  getBounds(): Electron.Rectangle {
    return { x: 1800, y: 1040, width: 24, height: 24 };
  }

  destroy(): void {
    this.#isDestroyed = true;
    const at = this.#parts.trays.indexOf(this);
    if (at >= 0) this.#parts.trays.splice(at, 1);
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
}
