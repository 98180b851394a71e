/** The application menu and the page's context menu: the system's own roles, so that shortcuts and words are those people know. */
import type { ContextMenuParams, MenuItemConstructorOptions, WebContents } from 'electron';
import type { Words } from './words.ts';

export interface MenuParts {
  readonly words: Words;
  readonly platform: NodeJS.Platform;
  readonly isPackaged: boolean;
}

const LINE: MenuItemConstructorOptions = { type: 'separator' };

export function applicationMenu({
  words,
  platform,
  isPackaged,
}: MenuParts): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin';
  const app: MenuItemConstructorOptions = {
    label: 'Landline',
    submenu: [
      { role: 'about', label: words.about },
      LINE,
      { role: 'services', label: words.services },
      LINE,
      { role: 'hide', label: words.hide },
      { role: 'hideOthers', label: words.hideOthers },
      { role: 'unhide', label: words.showAll },
      LINE,
      { role: 'quit', label: words.quit },
    ],
  };
  const file: MenuItemConstructorOptions = {
    label: words.file,
    submenu: isMac
      ? [{ role: 'close', label: words.close }]
      : [{ role: 'close', label: words.close }, LINE, { role: 'quit', label: words.quit }],
  };
  const edit: MenuItemConstructorOptions = {
    label: words.edit,
    submenu: [
      { role: 'undo', label: words.undo },
      { role: 'redo', label: words.redo },
      LINE,
      { role: 'cut', label: words.cut },
      { role: 'copy', label: words.copy },
      // What comes from elsewhere comes as text; the composer has no other form.
      { role: 'pasteAndMatchStyle', label: words.paste, accelerator: 'CmdOrCtrl+V' },
      { role: 'selectAll', label: words.selectAll },
    ],
  };
  const view: MenuItemConstructorOptions = {
    label: words.view,
    submenu: [
      { role: 'resetZoom', label: words.actualSize },
      { role: 'zoomIn', label: words.zoomIn },
      { role: 'zoomOut', label: words.zoomOut },
      LINE,
      { role: 'togglefullscreen', label: words.fullScreen },
      LINE,
      { role: 'reload', label: words.reload },
      ...(isPackaged ? [] : [{ role: 'toggleDevTools', label: words.devTools } as const]),
    ],
  };
  const window: MenuItemConstructorOptions = {
    label: words.window,
    submenu: [
      { role: 'minimize', label: words.minimise },
      ...(isMac
        ? ([
            { role: 'zoom', label: words.zoom },
            LINE,
            { role: 'front', label: words.front },
          ] as const)
        : []),
    ],
  };
  return [...(isMac ? [app] : []), file, edit, view, window];
}

/** What a right click offers in text; empty where there is nothing to offer. Spelling suggestions come first. */
export function contextMenu(
  params: ContextMenuParams,
  contents: WebContents,
  words: Words,
): MenuItemConstructorOptions[] {
  const { misspelledWord, dictionarySuggestions, isEditable, selectionText, editFlags } = params;
  const spelling: MenuItemConstructorOptions[] =
    misspelledWord === ''
      ? []
      : [
          ...dictionarySuggestions.map((word) => ({
            label: word,
            click: () => contents.replaceMisspelling(word),
          })),
          {
            label: words.learnWord,
            click: () => void contents.session.addWordToSpellCheckerDictionary(misspelledWord),
          },
          LINE,
        ];
  if (isEditable) {
    return [
      ...spelling,
      { role: 'cut', label: words.cut, enabled: editFlags.canCut },
      { role: 'copy', label: words.copy, enabled: editFlags.canCopy },
      { role: 'pasteAndMatchStyle', label: words.paste, enabled: editFlags.canPaste },
      { role: 'selectAll', label: words.selectAll, enabled: editFlags.canSelectAll },
    ];
  }
  return selectionText.trim() === '' ? [] : [{ role: 'copy', label: words.copy }];
}
