/** Which windows the app has, oldest first, and what the others of the stand-in need to know of each. Generic so that it stands
 *  below the window it lists. */
export interface ListedWindow {
  readonly id: number;
  isFocused(): boolean;
  isDestroyed(): boolean;
  focus(): void;
  /** Resolves with whether the window went; false when a listener or the page refused. */
  closeAsUser(): Promise<boolean>;
  destroy(): void;
}

export class WindowRegistry<W extends ListedWindow> {
  #windows: readonly W[] = [];
  #lastId = 0;

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  add(window: W): void {
    this.#windows = [...this.#windows, window];
  }

  remove(window: W): void {
    this.#windows = this.#windows.filter((one) => one !== window);
  }

  all(): W[] {
    return [...this.#windows];
  }

  focused(): W | null {
    return this.#windows.find((window) => window.isFocused()) ?? null;
  }
}
