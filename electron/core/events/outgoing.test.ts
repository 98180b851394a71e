import { expect, test } from 'vitest';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import type { Batch, BridgeEvent } from '../../bridge/events.ts';
import { createOutgoing, FLUSH_MS, type Outgoing, type Teller } from './outgoing.ts';

interface Rig {
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly outgoing: Outgoing;
  /** Each batch with its millisecond, number and the kinds in it. */
  readonly told: string[];
}

function rig(): Rig {
  const clock = createFakeClock(0);
  const told: string[] = [];
  const named = (kind: string) => (): BridgeEvent => ({ kind }) as unknown as BridgeEvent;
  const tell: Teller = {
    settings: named('settings'),
    teamOrder: named('team-order'),
    teamState: (team) => ({ kind: `whole ${team}` }) as unknown as BridgeEvent,
    team: (team) => ({ kind: `team ${team}` }) as unknown as BridgeEvent,
    channels: (team, channels) =>
      ({ kind: `channels ${team} ${[...channels].join('+')}` }) as unknown as BridgeEvent,
    members: () => undefined,
    unsent: () => undefined,
    presence: () => undefined,
    typing: (team, channel) => ({ kind: `typing ${team} ${channel}` }) as unknown as BridgeEvent,
    timeline: named('timeline'),
    rows: () => undefined,
    requests: named('request'),
    notices: named('notices'),
  };
  const emit = ({ n, events }: Batch): void =>
    void told.push(`${clock.monotonic()} #${n} ${events.map((event) => event.kind).join(', ')}`);
  return { clock, outgoing: createOutgoing({ clock, tell, emit }), told };
}

test('a burst is one batch, and what was named ten times is said once', () => {
  const { clock, outgoing, told } = rig();
  for (let n = 0; n < 10; n++) {
    outgoing.team('t', (due) => (due.isTeam = true));
    outgoing.team('t', (due) => due.channels.add(`c${n % 2}`));
  }
  outgoing.settings();
  clock.advance(0);
  expect(told).toEqual(['0 #1 settings, channels t c0+c1, team t']);
});

test('no two batches are less than 16 ms apart, and the first does not wait', () => {
  const { clock, outgoing, told } = rig();
  for (let ms = 0; ms < 100; ms++) {
    outgoing.settings();
    clock.advance(1);
  }
  const times = told.map((line) => Number(line.split(' ')[0]));
  expect(times[0]).toBe(0);
  expect(times.slice(1).every((at, index) => at - (times[index] ?? 0) >= FLUSH_MS)).toBe(true);
  expect(told).toHaveLength(7);
});

test('a snapshot takes what is in it off the list, and carries the number of the last batch', () => {
  const { clock, outgoing, told } = rig();
  outgoing.settings();
  clock.advance(20);
  outgoing.notices();
  expect(outgoing.snapshot()).toBe(1);
  clock.advance(100);
  expect(told).toEqual(['0 #1 settings']);
});

test('what turns out to be no change sends no batch and takes no number', () => {
  const { clock, outgoing, told } = rig();
  outgoing.rows();
  clock.advance(100);
  outgoing.settings();
  clock.advance(100);
  expect(told).toEqual(['100 #1 settings']);
});

test('a team that is told whole is not told in parts, and one that is gone comes before what follows', () => {
  const { clock, outgoing, told } = rig();
  outgoing.team('new', (due) => due.channels.add('c'));
  outgoing.team('new', (due) => (due.isWhole = true));
  outgoing.team('old', (due) => (due.isTeam = true));
  outgoing.teamGone('old');
  outgoing.teamOrder();
  clock.advance(0);
  expect(told).toEqual(['0 #1 team-gone, whole new, team-order']);
});

test('whoever waits is told when the batch has gone out, or at once when nothing is due', async () => {
  const { clock, outgoing, told } = rig();
  await outgoing.told();
  outgoing.settings();
  const waiting = outgoing.told().then(() => told.push('waited'));
  clock.advance(0);
  await waiting;
  expect(told).toEqual(['0 #1 settings', 'waited']);
});

test('after its end nothing is told and no timer is left', () => {
  const { clock, outgoing, told } = rig();
  outgoing.settings();
  outgoing.dispose();
  outgoing.settings();
  clock.advance(100);
  expect([told, clock.pending]).toEqual([[], 0]);
});
