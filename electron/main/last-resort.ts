/**
 * What happens when something was thrown that nobody caught: it is logged, and a person is told once, with a way to start again.
 * What was written is on the disk already (the core commits before it draws), so going on or starting again loses nothing.
 */
import type { App, Dialog } from 'electron';
import type { Log } from '../core/ports.ts';
import type { Words } from './words.ts';

export interface LastResortParts {
  readonly process: Pick<NodeJS.Process, 'on'>;
  readonly app: Pick<App, 'whenReady' | 'relaunch' | 'exit'>;
  readonly dialog: Pick<Dialog, 'showMessageBox'>;
  readonly words: () => Words;
  readonly log: Log;
}

const RESTART = 0;

export function catchTheRest({ process, app, dialog, words, log }: LastResortParts): void {
  let isAsking = false;

  const tell = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      await app.whenReady();
      const { broken, brokenSafe, restart, carryOn } = words();
      const answer = await dialog.showMessageBox({
        type: 'error',
        title: 'Landline',
        message: broken,
        detail: brokenSafe,
        buttons: [restart, carryOn],
        defaultId: RESTART,
        cancelId: 1,
        noLink: true,
      });
      if (answer.response !== RESTART) return;
      app.relaunch();
      app.exit(1);
    } finally {
      isAsking = false;
    }
  };

  const caught = (event: string) => (error: unknown) => {
    log.error(event, { error });
    tell().catch((failure: unknown) => log.error('main.dialog-failed', { error: failure }));
  };
  process.on('uncaughtException', caught('main.uncaught'));
  process.on('unhandledRejection', caught('main.unhandled'));
}
