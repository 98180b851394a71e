/** The line as a person sees it in the real app: examined while it is well and while its relay is dead, its doors, and the wire it really is. */
import { expect, test } from './driver/fixture.ts';
import { Person } from './person.ts';
import { startRelayOnItsOwn } from './relay.ts';

test.setTimeout(120_000);

test('the way to the relay is examined, and the wire is shown', async ({ openDesktop }) => {
  const relay = await startRelayOnItsOwn();
  try {
    const ada = await Person.at(await openDesktop(), { name: 'Ada Okafor', handle: 'ada' });
    await ada.setUp(relay.setupLink ?? '', 'Harbour');
    const { page } = ada;
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('tab', { name: 'Connection' }).click();

    await page.getByRole('button', { name: 'Check the line' }).click();
    await expect(page.getByText('All is well.')).toBeVisible();
    const steps = page
      .getByRole('list', { name: 'Steps on the way to the relay' })
      .getByRole('listitem');
    await expect(steps.filter({ hasText: 'WebSocket' })).toContainText(
      'Sec-WebSocket-Accept checked',
    );
    await expect(steps.filter({ hasText: 'Token' })).toContainText('Accepted');

    await page.getByRole('button', { name: 'Show the wire' }).click();
    await expect(page.getByText('HTTP/1.1 101 Switching Protocols')).toBeVisible();
    await expect(page.getByText('authorization: Bearer •••')).toBeVisible();
    await expect(
      page.getByText('Sec-WebSocket-Accept answers the key that was sent.'),
    ).toBeVisible();
    await expect(page.getByRole('cell', { name: 'welcome' })).toBeVisible();

    await page.getByRole('button', { name: 'Compare the doors' }).click();
    await page.getByRole('button', { name: 'Measure', exact: true }).click();
    const requests = page
      .getByRole('row')
      .filter({ hasText: 'Requests per message' })
      .getByRole('cell');
    await expect(requests.first()).toHaveText('0', { timeout: 30_000 });
    await page.getByRole('button', { name: 'Stop measuring' }).click();
    await expect(page.getByText('Stopped.')).toBeVisible();

    await relay.kill();
    await expect(page.getByText(/^Cut off without a word \(1006\)/).first()).toBeVisible();
    await page.getByRole('button', { name: 'Check the line' }).click();
    await expect(page.getByText('One thing needs attention: Port.')).toBeVisible();
  } finally {
    await relay.dispose();
  }
});
