/** A team that comes back to a relay which takes in one a second: desktops keep to what the relay asks and all are there in the end. */
import { afterEach, expect, test } from 'vitest';
import { createGround, isLive } from '../kit/real-desktop.ts';

const ground = createGround();
afterEach(() => ground.dispose());

test('everybody comes back, some after having been sent away, and nobody gives up', async () => {
  const relay = await ground.relay();
  const ada = await ground.owner(relay);
  const all = [
    ada,
    await ground.guest(ada, 'Ben'),
    await ground.guest(ada, 'Cleo'),
    await ground.guest(ada, 'Dora'),
  ];
  await relay.stop();
  await ada.now.until('the relay is missed', () => !isLive(ada));
  await relay.start({ acceptsPerSecond: 1, acceptsBurst: 1, acceptSpreadMs: 1 });
  // One a second, and each knocks again within two: the last of them takes its time.
  for (const desktop of all)
    await expect.poll(() => isLive(desktop), { timeout: 30_000 }).toBe(true);
  const { counts } = relay.now.core;
  expect(counts.accepts).toBe(4);
  expect(counts.sentAway).toBeGreaterThan(0);
  // Who was sent away knocks again when it was told to, and not before.
  expect(counts.sentAway).toBeLessThan(12);
});
