/**
 * What was typed while the program behind the window stands still, or the window is loaded again,
 * is there afterwards.
 */
import { expect, test } from './driver/fixture.ts';
import { Person } from './person.ts';

test.setTimeout(120_000);
// Only here is the window a program of its own, connected to a host that can be stopped.
test.skip(({ desktopKind }) => desktopKind !== 'loopback', 'needs a host that can be stopped');

test('two Enters while the host stands still are two messages, and a reload loses neither', async ({
  openDesktop,
}) => {
  const desktop = await openDesktop();
  const ada = await Person.at(desktop, { name: 'Ada Okafor', handle: 'ada' });
  await ada.startTeam('Harbour');
  await ada.openChannel('general');
  const field = ada.page.locator('footer textarea');

  await field.focus();
  await desktop.suspend();
  await ada.page.keyboard.type('qd1\nqd2\n');
  await expect(ada.page.locator('article', { hasText: /qd[12]/ })).toHaveCount(2);
  await desktop.resume();
  await expect(ada.page.locator('article', { hasText: 'Sending' })).toHaveCount(0);
  expect(await ada.reads(['qd1', 'qd2', 'qd1qd2'])).toEqual(['qd1', 'qd2']);

  await field.press('ArrowUp');
  await ada.page.locator('article textarea').fill('half an edit');
  await desktop.suspend();
  await field.focus();
  await ada.page.keyboard.type('just before\n');
  const loaded = ada.page.reload({ waitUntil: 'commit' }).catch(() => undefined);
  await desktop.resume();
  await loaded;
  await expect(ada.message('just before')).toHaveCount(1);
  await ada.page.getByRole('button', { name: 'Continue' }).click();
  await expect(ada.page.locator('article textarea')).toHaveValue('half an edit');
});
