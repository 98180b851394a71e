/**
 * `dialog`: asks the test instead of the user. An answer scripted beforehand is used at once; without one the dialog stays open
 * until the test answers, and the synchronous kinds throw.
 */
import type { Tell } from './notes.ts';
import { notImplemented, strict } from './strict.ts';

export type DialogName = 'showMessageBox' | 'showOpenDialog' | 'showSaveDialog';

export class DialogDesk {
  readonly #scripted = new Map<string, unknown[]>();
  readonly #waiting = new Map<string, ((answer: unknown) => void)[]>();

  /** Answers the oldest open dialog of this kind, or the next one to come. */
  answer(name: DialogName, answer: unknown): void {
    const open = this.#waiting.get(name)?.shift();
    if (open !== undefined) open(answer);
    else this.#scripted.set(name, [...(this.#scripted.get(name) ?? []), answer]);
  }

  async ask(name: DialogName): Promise<unknown> {
    const scripted = this.#scripted.get(name)?.shift();
    if (scripted !== undefined) return scripted;
    return new Promise((resolve) =>
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), resolve]),
    );
  }

  askNow(name: DialogName): unknown {
    return this.#scripted.get(name)?.shift() ?? notImplemented(`an unscripted ${name}Sync`);
  }
}

export function createDialog(desk: DialogDesk, tell: Tell): object {
  // The window comes first when there is one; the options are last.
  const ask =
    (name: DialogName) =>
    (...args: readonly unknown[]): Promise<unknown> => {
      tell('dialog', { name, options: args.at(-1) });
      return desk.ask(name);
    };
  return strict('dialog', {
    showMessageBox: ask('showMessageBox'),
    showOpenDialog: ask('showOpenDialog'),
    showSaveDialog: ask('showSaveDialog'),
    showMessageBoxSync: (...args: readonly unknown[]): unknown => {
      tell('dialog', { name: 'showMessageBoxSync', options: args.at(-1) });
      return desk.askNow('showMessageBox');
    },
    showErrorBox: (title: string, content: string) =>
      tell('dialog', { name: 'showErrorBox', options: { title, content } }),
  });
}
