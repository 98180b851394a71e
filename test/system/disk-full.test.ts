/**
 * A relay whose disk is full. The limit is the system's own (RLIMIT_FSIZE, set on the running process), so the failing writes are real: no
 * acknowledgement, a refusal that may be tried again, reading goes on, and all is well again without a restart.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { readRelay } from '../kit/relay-read.ts';
import { isDrained, type DesktopChild } from './desktop-child.ts';
import { createSystemTeam, type SystemTeam } from './team.ts';

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
if (!hasPrlimit)
  console.warn('SKIPPED: a full disk cannot be made here, because prlimit (util-linux) is missing');

const limitFiles = ({ relay }: SystemTeam, bytes: number | 'unlimited'): void =>
  void execFileSync('prlimit', ['--pid', String(relay.pid), `--fsize=${bytes}:`]);

test.skipIf(!hasPrlimit)(
  'a full disk costs no message: none is acknowledged, reading goes on, and it heals by itself',
  async () => {
    const team = await createSystemTeam();
    try {
      const ada = await team.join('ada');
      const ben = await team.join('ben');
      const here = (desktop: DesktopChild) => ({
        team: desktop.view.team ?? '',
        channel: desktop.view.channels[0]?.id ?? '',
      });
      const texts = (): readonly string[] =>
        [...readRelay(team.storePath).feeds.values()].flatMap(({ events }) =>
          events.flatMap((event) => (event.kind === 'posted' ? [event.text] : [])),
        );
      await ada.must('message.send', { ...here(ada), text: 'before' });
      // What a view says may be of a moment before the message was written; the store is asked itself.
      await expect.poll(texts).toEqual(['before']);
      await ada.until('it went out', isDrained);
      const { pid } = team.relay;

      // The log has room laid out ahead: what is full here is the disk under that, too.
      limitFiles(team, 0);
      await ada.must('message.send', { ...here(ada), text: 'into the full disk' });
      // Refused by the relay: a change that does not go through the outbox says so at once.
      const refused = await ben.call('profile.set', { team: here(ben).team, name: 'Benedikt' });
      expect(refused).toMatchObject({ ok: false, error: { kind: 'unavailable' } });
      const { members } = await ben.must('channel.members', here(ben));
      expect(members.map(({ name }) => name).toSorted()).toEqual(['ada', 'ben']);
      // The view tells of it a moment later than the answer.
      await expect
        .poll(() => ada.view)
        .toMatchObject({ wire: { state: 'live' }, outbox: { waiting: 1, failed: 0 } });
      expect(texts()).toEqual(['before']);

      limitFiles(team, 'unlimited');
      await ada.until('it went out after all', isDrained);
      expect(texts()).toEqual(['before', 'into the full disk']);
      expect(team.relay.pid).toBe(pid);
      expect(readRelay(team.storePath).damage).toEqual([]);
    } finally {
      await team.dispose();
    }
  },
);
