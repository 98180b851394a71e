/** What happens on the line between real processes: a session that is revoked, a relay that leaves in good order, one that stands still. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDesktop } from '../kit/desktop-read.ts';
import { readRelay } from '../kit/relay-read.ts';
import { isDrained, isLive, type DesktopChild } from './desktop-child.ts';
import { createSystemTeam, type SystemTeam } from './team.ts';

let team: SystemTeam;
let ada: DesktopChild;
beforeEach(async () => {
  team = await createSystemTeam();
  ada = await team.join('ada');
});
afterEach(() => team.dispose());

const here = ({ view }: DesktopChild): { readonly team: string; readonly channel: string } => ({
  team: view.team ?? '',
  channel: view.channels.find(({ name }) => name === 'general')?.id ?? '',
});
const textsAtRelay = (): readonly string[] =>
  [...readRelay(team.storePath).feeds.values()].flatMap(({ events }) =>
    events.flatMap((event) => (event.kind === 'posted' ? [event.text] : [])),
  );

test('a session that is revoked ends within a second, on its live socket, and does not come back', async () => {
  const laptop = await team.signIn('ada', 'ada-laptop');
  const { sessions } = await ada.must('session.list', { team: here(ada).team });
  const session = sessions.find(({ device }) => device === 'ada-laptop')?.id ?? '';
  // A machine that is busy is slow with everything.
  const asked = performance.now();
  await laptop.must('session.list', { team: here(laptop).team });
  const patienceMs = Math.max(1_000, 5 * (performance.now() - asked));
  const began = performance.now();
  await ada.must('session.end', { team: here(ada).team, session });
  await laptop.until(
    'it is signed out',
    ({ wire }) => wire?.state === 'stopped' && wire.why === 'session-ended',
  );
  expect(performance.now() - began).toBeLessThan(patienceMs);
  // What it writes now stays with it.
  await laptop.must('message.send', { ...here(laptop), text: 'still here' });
  await laptop.must('wire.retry', { team: here(laptop).team });
  await ada.must('message.send', { ...here(ada), text: 'bye' });
  await expect.poll(textsAtRelay).toContain('bye');
  await ada.until('hers went out', isDrained);
  await expect
    .poll(() => laptop.view)
    .toMatchObject({ wire: { state: 'stopped', why: 'session-ended' }, outbox: { waiting: 1 } });
  expect(textsAtRelay()).toEqual(['bye']);
});

test('a relay that is asked to leave loses nothing, and everybody comes back to the next one', async () => {
  const ben = await team.join('ben');
  const texts: string[] = [];
  const write = async (desktop: DesktopChild, count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const text = `${desktop.name} ${n}`;
      texts.push(text);
      await desktop.must('message.send', { ...here(desktop), text });
    }
  };
  const writing = Promise.all([write(ada, 25), write(ben, 25)]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  team.relay.kill('SIGTERM');
  expect(await team.relay.ended).toEqual({ code: 0, signal: null });
  await writing;
  await team.startRelay();
  for (const desktop of [ada, ben]) await desktop.until('its outbox is empty', isDrained);
  await ada.until(
    'it has caught up',
    (view) => isLive(view) && view.channels.some(({ head }) => head >= 50),
  );
  // What a view says of the outbox may be of a moment before the last was written.
  await expect.poll(() => textsAtRelay().toSorted()).toEqual(texts.toSorted());
  expect(ada.faults() + ben.faults()).toBe('');
});

test('a relay that stands still is missed within ten seconds of a message, and what was written meanwhile arrives once', async () => {
  process.kill(team.relay.pid, 'SIGSTOP');
  await ada.must('message.send', { ...here(ada), text: 'are you there?' });
  await ada.until('it misses the relay', (view) => !isLive(view), 15_000);
  await ada.must('message.send', { ...here(ada), text: 'hello?' });
  // Long enough for several attempts of which the relay's system knows and the relay does not.
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  process.kill(team.relay.pid, 'SIGCONT');
  await ada.until('its outbox is empty', isDrained);
  expect(textsAtRelay()).toEqual(['are you there?', 'hello?']);
  await ada.close();
  expect(readDesktop(ada.name, ada.folder).outbox).toEqual([]);
});
