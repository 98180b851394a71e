/**
 * Wires the window together for one bridge and draws it: the store and what keeps it in step, commands, drafts, the place on
 * screen, what is seen. `main.tsx` gives it the host's bridge, the development page its own.
 */
import { createRoot } from 'react-dom/client';
import type { LandlineApi } from '../electron/bridge/api.ts';
import { App } from './features/app/app.tsx';
import { PartsProvider } from './features/app/context.tsx';
import type { Clock } from './state/clock.ts';
import { createCommands } from './state/commands.ts';
import { createDrafts } from './state/drafts.ts';
import { createFeed } from './state/feed.ts';
import { createLookout } from './state/look.ts';
import { createSending } from './state/sending.ts';
import { createPlaceKeeper, type PlaceMemory } from './state/place.ts';
import { createWindowStore, setUi, type WindowStore } from './state/store.ts';
import { HighlightProvider } from './text/highlight-context.ts';
import { createHighlighter } from './text/highlighter.ts';
import { startPageWorker } from './text/page-worker.ts';

const clock: Clock = {
  now: () => Date.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

export async function startWindow(
  api: LandlineApi,
  root: HTMLElement,
  memory: PlaceMemory = pageMemory,
): Promise<WindowStore> {
  const store = createWindowStore();
  const commands = createCommands({ api, store });
  const drafts = createDrafts({ commands, clock });
  const sending = createSending({ store, commands, drafts, clock });
  const feed = createFeed({ api, store });
  watchAttention(store, () => drafts.flush());
  refuseDrops();
  const highlighter = createHighlighter({
    startWorker: startPageWorker,
    after: (ms, act) => clock.after(ms, act),
  });
  createRoot(root).render(
    <PartsProvider parts={{ store, commands, drafts, sending }}>
      <HighlightProvider value={highlighter}>
        <App />
      </HighlightProvider>
    </PartsProvider>,
  );
  await feed.opened;
  createPlaceKeeper({ store, commands, memory });
  createLookout({ store, commands });
  return store;
}

/** Whether somebody can see the window, and whether the keys go to it; drafts are saved when attention goes. */
function watchAttention(store: WindowStore, onGone: () => void): void {
  const look = (): void => {
    const isVisible = document.visibilityState === 'visible';
    document.documentElement.toggleAttribute('data-hidden', !isVisible);
    const { ui } = store.getState();
    const isFocused = document.hasFocus();
    if (ui.isVisible !== isVisible || ui.isFocused !== isFocused)
      setUi(store, { isVisible, isFocused });
    if (!isVisible || !isFocused) onGone();
  };
  document.addEventListener('visibilitychange', look);
  window.addEventListener('focus', look);
  window.addEventListener('blur', look);
  window.addEventListener('pagehide', onGone);
  look();
}

/** A file or link dropped on the window would open in its place. Text may be dropped where one writes. */
function refuseDrops(): void {
  const refuse = (event: DragEvent): void => {
    const isWriting =
      event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
    const isText = event.dataTransfer !== null && !event.dataTransfer.types.includes('Files');
    if (!(isWriting && isText)) event.preventDefault();
  };
  document.addEventListener('dragover', refuse);
  document.addEventListener('drop', refuse);
}

const PLACE = 'landline.place';

/** Where the window was, kept by the page. A page that may keep nothing only starts at the beginning. */
const pageMemory: PlaceMemory = {
  read() {
    try {
      const place: unknown = JSON.parse(localStorage.getItem(PLACE) ?? 'null');
      if (
        typeof place !== 'object' ||
        place === null ||
        !('team' in place) ||
        !('channels' in place)
      )
        return null;
      if (
        typeof place.team !== 'string' ||
        typeof place.channels !== 'object' ||
        place.channels === null
      )
        return null;
      const channels = Object.fromEntries(
        Object.entries(place.channels).filter(
          (one): one is [string, string] => typeof one[1] === 'string',
        ),
      );
      return { team: place.team, channels };
    } catch {
      return null;
    }
  },
  write(place) {
    try {
      localStorage.setItem(PLACE, JSON.stringify(place));
    } catch {
      // Storage that is full or forbidden: the next start begins at the first channel.
    }
  },
};
