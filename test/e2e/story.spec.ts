/** The whole promise in one story: a team started on one computer, a second one invited, the plug pulled, and nothing lost, doubled or moved. */
import { expect, test } from './driver/fixture.ts';
import { Person } from './person.ts';

test.setTimeout(180_000);

test('a team starts here, a second desktop joins, the relay goes and comes back, and all is there once and in order', async ({
  openDesktop,
}, info) => {
  const shot = (name: string) => info.outputPath(`${name}.png`);
  const priya = await Person.at(await openDesktop(), { name: 'Priya N.', handle: 'priya' });
  await priya.page.screenshot({ path: shot('1-welcome') });

  await priya.startTeam('Tidewater Works');
  await priya.openChannel('general');
  await priya.say('The line is up.');
  const link = await priya.invite('Tidewater Works');
  expect(link).toMatch(/^landline:\/\/join\?relay=.+&code=.+&key=[0-9a-f]{64}$/);

  const lin = await Person.at(await openDesktop(), { name: '林佳穎', handle: '佳穎' });
  await lin.join(link);
  await lin.openChannel('general');
  await expect(lin.message('The line is up.')).toHaveCount(1);

  const script = [
    'The line is up.',
    '早安，我在這裡',
    'Good morning',
    '**41 days** and counting'.replaceAll('**', ''),
    '收到',
  ];
  await lin.say(script[1] ?? '');
  await expect(priya.message(script[1] ?? '')).toHaveCount(1);
  await priya.say(script[2] ?? '');
  await priya.composer.fill('**41 days** and counting');
  await priya.composer.press('Enter');
  await expect(lin.message(script[3] ?? '')).toHaveCount(1);
  await lin.say(script[4] ?? '');
  await expect(priya.message(script[4] ?? '')).toHaveCount(1);
  expect(await priya.reads(script)).toEqual(script);
  expect(await lin.reads(script)).toEqual(script);
  await priya.page.screenshot({ path: shot('2-talking') });

  // The plug: the computer with the relay on it goes dark in the middle.
  await priya.desktop.kill();
  await lin.seesLine('Reconnecting|Offline|Connecting');
  const offline = ['離線一', 'offline two', 'sign this off'];
  for (const text of offline.slice(0, 2)) await lin.say(text);
  await lin.composer.fill('@priya sign this off');
  await lin.composer.press('Enter');
  await expect(lin.message('sign this off')).toHaveCount(1);
  await expect(lin.page.getByText('waiting to send').first()).toBeVisible();
  await lin.page.screenshot({ path: shot('3-offline') });

  // Back: what was written in the dark goes out by itself, once and in order.
  await priya.relaunch();
  await lin.comesBack();
  await expect(lin.page.getByText('waiting to send')).toHaveCount(0);
  const all = [...script, ...offline];
  expect(await lin.reads(all)).toEqual(all);
  await expect.poll(() => priya.reads(all)).toEqual(all);

  // She looks away and is called by name: the badge says one, and the notification opens that message.
  await priya.desktop.blur();
  await lin.composer.fill('@priya look at this, please');
  await lin.composer.press('Enter');
  all.push('look at this, please');
  await expect.poll(() => priya.desktop.badge()).toBe(1);
  await expect(priya.row('general')).toHaveAccessibleName(/1 for you/);
  await expect(lin.row('general')).toHaveAccessibleName('general');
  await expect
    .poll(async () =>
      (await priya.desktop.notifications()).filter(({ body }) => body.includes('look at this')),
    )
    .toHaveLength(1);
  await priya.desktop.clickNotification(({ body }) => body.includes('look at this'));
  await expect(priya.message('look at this, please')).toBeInViewport();
  await expect.poll(() => priya.desktop.badge()).toBe(0);
  await expect(priya.row('general')).toHaveAccessibleName('general');
  expect(await priya.reads(all)).toEqual(all);

  // The second desktop alone, started with no relay to be found, still shows everything.
  await priya.desktop.close();
  await lin.relaunch();
  await lin.openChannel('general');
  expect(await lin.reads(all)).toEqual(all);
  await lin.page.screenshot({ path: shot('4-history-offline') });
});
