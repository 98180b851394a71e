/**
 * The development page: the real window on the fake bridge. `?scene=` chooses the world, `?theme=`, `?lang=`, `?density=` the
 * look, `?channel=` the channel, `?show=` what floats over it. `window.demo` drives it from tests and from the console.
 */
import '../styles/fonts.css';
import '../styles/tokens.css';
import '../styles/base.css';
import type { WindowState } from '../../electron/bridge/views.ts';
import { startWindow } from '../start.tsx';
import { setUi, type Overlay, type WindowStore } from '../state/store.ts';
import { TEAM } from './demo-world.ts';
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts';
import { message } from './fake-core.ts';
import { SCENES, type SceneName } from './scenes.ts';

export interface Demo {
  readonly bridge: FakeBridge;
  readonly store: WindowStore;
  readonly message: typeof message;
  show(overlay: Overlay | null): void;
  /** Keeps back what the fake relay sends from here on; `false` lets it come, in order. */
  hold(isHeld: boolean): void;
}
declare global {
  interface Window {
    demo?: Demo;
  }
}

const asked = new URLSearchParams(location.search);
const scene = asked.get('scene') ?? 'team';
if (!(scene in SCENES))
  throw new Error(`no scene ${scene}; there are ${Object.keys(SCENES).join(', ')}`);
const world = SCENES[scene as SceneName](Date.now());
const settings: WindowState['settings'] = {
  ...world.state.settings,
  theme: (asked.get('theme') ?? 'system') as WindowState['settings']['theme'],
  language: (asked.get('lang') ?? 'en') as WindowState['settings']['language'],
  density: (asked.get('density') ?? 'comfortable') as WindowState['settings']['density'],
};
let held: (() => void)[] | null = null;
const bridge = createFakeBridge(
  { ...world, state: { ...world.state, settings } },
  {
    now: () => Date.now(),
    delayMs: Number(asked.get('delay') ?? 0),
    later: (act, ms) => void setTimeout(() => (held === null ? act() : held.push(act)), ms),
  },
);
const hold = (isHeld: boolean): void => {
  const acts = held ?? [];
  held = isHeld ? acts : null;
  if (!isHeld) for (const act of acts) act();
};
const place = { team: TEAM, channels: { [TEAM]: asked.get('channel') ?? 'launch' } };
const root = document.getElementById('window');
if (root === null) throw new Error('the page has no place for the window');
const store = await startWindow(bridge, root, { read: () => place, write: () => undefined });
const show = (overlay: Overlay | null): void => setUi(store, { overlay });
const first = asked.get('show');
if (first !== null) show(JSON.parse(first) as Overlay);
window.demo = { bridge, store, message, show, hold };
