/**
 * `Menu` and `MenuItem`: kept, not drawn. Tests find items by id or label and click them. Items with a role of the system may be
 * there, but clicking one is refused unless its role is listed below.
 */
import type { Tell } from './notes.ts';
import { StrictEmitter, createEvent, notImplemented } from './strict.ts';

export type MenuRole = NonNullable<Electron.MenuItemConstructorOptions['role']>;
type Template = readonly (Electron.MenuItemConstructorOptions | StandinMenuItem)[];

export interface MenuParts {
  readonly tell: Tell;
  readonly focusedWindow: () => object | null;
  /** What the stand-in can do of the system's roles. */
  readonly roles: Readonly<Partial<Record<string, () => void>>>;
  /** Where the application menu is kept. */
  readonly slot: { application: StandinMenu | null };
}

export class StandinMenuItem {
  readonly #parts: MenuParts;
  readonly #options: Electron.MenuItemConstructorOptions;
  readonly id: string;
  readonly type: NonNullable<Electron.MenuItemConstructorOptions['type']>;
  readonly role: MenuRole | undefined;
  readonly accelerator: string | null;
  readonly submenu: StandinMenu | undefined;
  label: string;
  sublabel: string;
  toolTip: string;
  enabled: boolean;
  visible: boolean;
  checked: boolean;
  /** Set by the menu it stands in; radio items act on their neighbours. */
  menu: StandinMenu | undefined;

  constructor(parts: MenuParts, options: Electron.MenuItemConstructorOptions) {
    this.#parts = parts;
    this.#options = options;
    const { submenu } = options;
    this.submenu = Array.isArray(submenu)
      ? StandinMenu.from(parts, submenu)
      : (submenu as StandinMenu | undefined);
    this.id = options.id ?? '';
    this.type = options.type ?? (this.submenu === undefined ? 'normal' : 'submenu');
    this.role = options.role;
    this.accelerator = options.accelerator ?? null;
    this.label = options.label ?? options.role ?? '';
    this.sublabel = options.sublabel ?? '';
    this.toolTip = options.toolTip ?? '';
    this.enabled = options.enabled ?? true;
    this.visible = options.visible ?? true;
    this.checked = options.checked ?? false;
  }

  /** The user chooses it. */
  readonly click = (): void => {
    if (!this.enabled) return;
    if (this.type === 'checkbox') this.checked = !this.checked;
    if (this.type === 'radio') {
      for (const other of this.menu?.items ?? [])
        if (other.type === 'radio') other.checked = other === this;
    }
    const { click, role } = this.#options;
    if (click !== undefined) {
      const act = click as unknown as (
        item: StandinMenuItem,
        window: object | null,
        event: object,
      ) => void;
      act(this, this.#parts.focusedWindow(), { triggeredByAccelerator: false });
    } else if (role !== undefined) {
      const act = this.#parts.roles[role.toLowerCase()];
      if (act === undefined) notImplemented(`clicking the menu role ${role}`);
      act();
    }
  };
}

export class StandinMenu
  extends StrictEmitter
  implements Pick<Electron.Menu, 'popup' | 'closePopup'>
{
  readonly #parts: MenuParts;
  readonly #items: StandinMenuItem[] = [];

  constructor(parts: MenuParts) {
    super();
    this.#parts = parts;
  }

  static from(parts: MenuParts, template: Template): StandinMenu {
    const menu = new StandinMenu(parts);
    for (const entry of template)
      menu.append(entry instanceof StandinMenuItem ? entry : new StandinMenuItem(parts, entry));
    return menu;
  }

  protected override get raises(): readonly string[] {
    return ['menu-will-show', 'menu-will-close'];
  }

  get items(): readonly StandinMenuItem[] {
    return this.#items;
  }

  append(item: StandinMenuItem): void {
    this.insert(this.#items.length, item);
  }

  insert(position: number, item: StandinMenuItem): void {
    item.menu = this;
    this.#items.splice(position, 0, item);
  }

  popup(): void {
    this.emit('menu-will-show', createEvent({}));
    this.#parts.tell('menu-popup', {
      labels: this.#items.filter((item) => item.visible).map((item) => item.label),
    });
  }

  closePopup(): void {
    this.emit('menu-will-close', createEvent({}));
  }

  getMenuItemById(id: string): StandinMenuItem | null {
    return this.find((item) => item.id === id);
  }

  /** For tests: the first item, at any depth, that fits. */
  find(fits: (item: StandinMenuItem) => boolean): StandinMenuItem | null {
    for (const item of this.#items) {
      if (fits(item)) return item;
      const inside = item.submenu?.find(fits);
      if (inside != null) return inside;
    }
    return null;
  }
}
