import { expect, test } from 'vitest';
import { demoWorld, TEAM } from '../dev/demo-world.ts';
import { createFakeBridge } from '../dev/fake-bridge.ts';
import { createCommands } from './commands.ts';
import { createFeed } from './feed.ts';
import { createWindowStore } from './store.ts';

const NOW = new Date(2026, 2, 11, 10, 6).getTime();

test('choosing the channel that is open already does not forget that its end is in view', async () => {
  const api = createFakeBridge(demoWorld({ now: NOW }), { now: () => NOW, later: (act) => act() });
  const store = createWindowStore();
  const commands = createCommands({ api, store });
  await createFeed({ api, store }).opened;

  await commands.goTo(TEAM, 'launch');
  commands.sawEnd(true);
  await commands.goTo(TEAM, 'launch');
  expect(store.getState().ui.isAtEnd).toBe(true);

  await commands.goTo(TEAM, 'design');
  expect(store.getState().ui.isAtEnd).toBe(false);
});
