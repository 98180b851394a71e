/** A relay on its own machine is killed while both sides write: what they wrote goes out by itself, once, and both read the same order. */
import { expect, test } from './driver/fixture.ts';
import { Person } from './person.ts';
import { startRelayOnItsOwn } from './relay.ts';

test.setTimeout(180_000);

test('two desktops write while their relay is dead, and read the same when it is back', async ({
  openDesktop,
}) => {
  const relay = await startRelayOnItsOwn();
  try {
    const ada = await Person.at(await openDesktop(), { name: 'Ada Okafor', handle: 'ada' });
    await ada.setUp(relay.setupLink ?? '', 'Harbour');
    const link = await ada.invite('Harbour');
    const mateo = await Person.at(await openDesktop(), { name: 'Mateo Ruiz', handle: 'mateo' });
    await mateo.join(link);
    for (const person of [ada, mateo]) await person.openChannel('general');
    await ada.say('before the storm');
    await expect(mateo.message('before the storm')).toHaveCount(1);

    await relay.kill();
    await ada.seesLine('Reconnecting|Offline|Connecting');
    await mateo.seesLine('Reconnecting|Offline|Connecting');
    const written = ['ada one', 'mateo one', 'ada two', 'mateo two', 'ada three', 'mateo three'];
    for (const text of written) await (text.startsWith('ada') ? ada : mateo).say(text);
    // The desktop itself dies too, with its messages still to be sent.
    await mateo.desktop.kill();
    await mateo.relaunch();
    await mateo.openChannel('general');
    await expect(mateo.page.getByText('waiting to send').first()).toBeVisible();

    await relay.start();
    // Both first: neither can read what the other has not sent, and each comes back in its own time.
    for (const person of [ada, mateo]) await person.comesBack();
    for (const person of [ada, mateo]) {
      await expect(person.page.getByText('waiting to send')).toHaveCount(0);
      await expect
        .poll(async () => (await person.reads(written)).toSorted())
        .toEqual(written.toSorted());
    }
    const order = await ada.reads(written);
    expect(await mateo.reads(written)).toEqual(order);
    expect(order.filter((text) => text.startsWith('ada'))).toEqual([
      'ada one',
      'ada two',
      'ada three',
    ]);
    expect(order.filter((text) => text.startsWith('mateo'))).toEqual([
      'mateo one',
      'mateo two',
      'mateo three',
    ]);
  } finally {
    await relay.dispose();
  }
});
