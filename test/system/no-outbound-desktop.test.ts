/** A desktop calls its relay and nobody else: no look-up, no other connection, no datagram, whatever its person does. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isDrained, isLive } from './desktop-child.ts';
import { createSystemTeam } from './team.ts';

const FORBID = join(import.meta.dirname, '../kit/forbid-outbound.ts');

test('a desktop calls nobody but its relay', async () => {
  const team = await createSystemTeam();
  try {
    const guarded = { imports: [FORBID], env: { OUTBOUND_ALLOWED: `127.0.0.1:${team.port}` } };
    const ada = await team.join('ada', guarded);
    const here = { team: ada.view.team ?? '', channel: ada.view.channels[0]?.id ?? '' };
    await ada.must('message.send', {
      ...here,
      text: 'see https://198.51.100.1/preview.png and http://example.test',
    });
    await ada.until('it went out', isDrained);
    await ada.must('timeline.open', { ...here, at: 'end' });
    await ada.must('channel.create', {
      team: here.team,
      kind: 'public',
      name: 'links',
      topic: 'https://198.51.100.1/',
      members: [],
    });
    await ada.must('settings.set', { settings: (await ada.must('open', {})).state.settings });
    await team.killRelay('SIGKILL');
    await ada.until('it misses the relay', (view) => !isLive(view));
    await team.startRelay();
    await ada.until('it is back', isLive);
    // That the guard was there shows when somebody else is called.
    expect(await ada.call('relay.probe', { typed: '127.0.0.2:7420' })).toMatchObject({ ok: false });
    const calls = (): readonly string[] =>
      ada
        .faults()
        .split('\n')
        .filter((line) => line.startsWith('OUTBOUND'));
    // Its words take another way than its answers.
    await expect.poll(() => calls().length).toBeGreaterThan(0);
    expect(ada.faults()).toContain('FORBIDDEN');
    expect(calls().filter((line) => !line.includes('127.0.0.2'))).toEqual([]);
    await ada.close();
  } finally {
    await team.dispose();
  }
});
