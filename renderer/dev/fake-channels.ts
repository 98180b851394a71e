/** The fake bridge's channels: made, changed, joined and left, each with the note that a relay would write. */
import type { CommandHandlers } from '../../electron/bridge/commands.ts';
import type { ChannelView, TimelineRow } from '../../electron/bridge/views.ts';
import { ok, type FakeCore } from './fake-core.ts';

type Note = Extract<TimelineRow, { type: 'note' }>['note'];

export function createChannelChanges(core: FakeCore) {
  const { emit, now } = core;
  const setChannel = (team: string, channel: ChannelView): void =>
    emit({ kind: 'channels', team, channels: [channel], gone: [] });
  const changeChannel = (team: string, id: string, change: Partial<ChannelView>): void =>
    setChannel(team, { ...core.channel(team, id), ...change });

  const note = (team: string, channel: string, by: string, what: Note): void => {
    const view = core.channel(team, channel);
    const seq = view.head + 1;
    changeChannel(team, channel, { head: seq });
    core.put(team, channel, {
      type: 'note',
      key: core.nextId(),
      order: seq,
      seq,
      at: now(),
      by,
      note: what,
    });
  };

  return { setChannel, changeChannel, note };
}

export function createChannelAnswers(core: FakeCore): Partial<CommandHandlers> {
  const { now } = core;
  const { setChannel, changeChannel, note } = createChannelChanges(core);
  return {
    'channel.create': async ({ team, kind, name, topic }) => {
      const taken = Object.values(core.team(team).channels).some((one) => one.name === name);
      if (taken) return { ok: false, error: { kind: 'taken', field: 'name' } };
      const id = core.nextId();
      setChannel(team, newChannel(id, { kind, name, topic, lastAt: now() }));
      note(team, id, core.team(team).team.me, { kind: 'created' });
      return ok({ channel: id });
    },
    'channel.direct': async ({ team, members }) => {
      const same = Object.values(core.team(team).channels).find(
        (one) =>
          (one.kind === 'direct' || one.kind === 'group') &&
          one.with.length === members.length &&
          members.every((id) => one.with.includes(id)),
      );
      if (same) return ok({ channel: same.id });
      const id = core.nextId();
      setChannel(
        team,
        newChannel(id, {
          kind: members.length > 1 ? 'group' : 'direct',
          name: '',
          with: members,
          lastAt: now(),
        }),
      );
      return ok({ channel: id });
    },
    'channel.change': async ({ team, channel, name, topic }) => {
      const { me } = core.team(team).team;
      changeChannel(team, channel, {
        ...(name === undefined ? {} : { name }),
        ...(topic === undefined ? {} : { topic }),
      });
      if (name !== undefined) note(team, channel, me, { kind: 'renamed', name });
      if (topic !== undefined) note(team, channel, me, { kind: 'topic', topic });
      return ok(null);
    },
    'channel.archive': async ({ team, channel, isArchived }) => {
      changeChannel(team, channel, { isArchived });
      note(team, channel, core.team(team).team.me, { kind: 'archived', isArchived });
      return ok(null);
    },
    'channel.join': async ({ team, channel }) => {
      const { me } = core.team(team).team;
      changeChannel(team, channel, { isJoined: true });
      note(team, channel, me, { kind: 'joined', member: me });
      return ok(null);
    },
    'channel.leave': async ({ team, channel }) => {
      changeChannel(team, channel, { isJoined: false });
      return ok(null);
    },
    'channel.add': async ({ team, channel, member }) => {
      note(team, channel, core.team(team).team.me, { kind: 'joined', member });
      return ok(null);
    },
    'channel.remove': async ({ team, channel, member }) => {
      note(team, channel, core.team(team).team.me, { kind: 'left', member });
      return ok(null);
    },
    'channel.held': async () => ok({ at: Date.UTC(2026, 0, 5, 9), isWhole: false }),
    'channel.members': async ({ team, channel }) => {
      const { members, team: view } = core.team(team);
      const one = core.channel(team, channel);
      const all = Object.values(members);
      return ok({
        members:
          one.with.length > 0
            ? all.filter((member) => one.with.includes(member.id) || member.id === view.me)
            : all.slice(0, -1),
      });
    },
    'channel.level': async ({ team, channel, level }) => {
      changeChannel(team, channel, { level });
      return ok(null);
    },
  };
}

export const newChannel = (id: string, parts: Partial<ChannelView>): ChannelView => ({
  id,
  kind: 'public',
  name: id,
  topic: '',
  isArchived: false,
  isJoined: true,
  with: [],
  head: 0,
  readSeq: 0,
  unread: 0,
  mentions: 0,
  level: 'all',
  hasDraft: false,
  lastAt: 0,
  ...parts,
});
