/** The fake bridge's answers: what a core and a relay would do, in memory and at once. What is not here, it throws for. */
import type { CommandHandlers, SessionView } from '../../electron/bridge/commands.ts';
import type { MessageRow, TimelineRow, TimelineView } from '../../electron/bridge/views.ts';
import { createChannelAnswers, createChannelChanges } from './fake-channels.ts';
import { createEntrance } from './fake-entrance.ts';
import { createLabAnswers } from './fake-lab.ts';
import { joinTexts } from '../../electron/bridge/join-texts.ts';
import { createUnsentAnswers, draftId } from './fake-unsent.ts';
import { createLineAnswers } from './fake-line.ts';
import { fail, message, ok, type FakeCore } from './fake-core.ts';

const PAGE = 50;
/** What is not yet sent stands after everything that is. */
const TAIL_ORDER = 1e12;

export function createAnswers(core: FakeCore): Partial<CommandHandlers> {
  const { emit, now } = core;
  let sent = 0;

  const { changeChannel } = createChannelChanges(core);

  const rowOf = (team: string, channel: string, id: string): MessageRow | undefined =>
    core
      .rows(team, channel)
      .find((row): row is MessageRow => row.type === 'message' && row.id === id);

  const channelOfMessage = (team: string, id: string): string | undefined =>
    Object.keys(core.team(team).channels).find((channel) => rowOf(team, channel, id));

  const deliver = (team: string, channel: string, row: MessageRow): void => {
    if (core.team(team).team.wire.state !== 'live') return;
    core.later(() => {
      const view = core.channel(team, channel);
      const seq = view.head + 1;
      changeChannel(team, channel, { head: seq, readSeq: seq, lastAt: now() });
      core.put(team, channel, { ...row, order: seq, seq, delivery: { state: 'sent' } });
    });
  };

  const stretch = (all: readonly TimelineRow[], from: number, to: number) => ({
    rows: all.slice(Math.max(0, from), to),
    hasOlder: from > 0,
    hasNewer: to < all.length,
  });

  const open = (): { readonly timeline: TimelineView; readonly all: readonly TimelineRow[] } => {
    const { timeline } = core.state();
    if (timeline === null) throw new Error('no timeline is open');
    return { timeline, all: core.rows(timeline.team, timeline.channel) };
  };

  const send: CommandHandlers['message.send'] = async ({ team, channel, text, message: named }) => {
    const id = named ?? core.nextId();
    const isLive = core.team(team).team.wire.state === 'live';
    const row: MessageRow = {
      ...message({ id, seq: 0, author: core.team(team).team.me, at: now(), text }),
      order: TAIL_ORDER + ++sent,
      seq: null,
      delivery: { state: 'sending', isWaiting: !isLive },
    };
    core.drafts.delete(draftId(team, channel));
    changeChannel(team, channel, { hasDraft: false });
    core.put(team, channel, row);
    deliver(team, channel, row);
    return ok({ id });
  };
  const unsent = createUnsentAnswers({ core, changeChannel, send });

  return {
    ...unsent,
    ...createEntrance(core),
    ...createChannelAnswers(core),
    ...createLineAnswers(core),
    ...createLabAnswers(core),
    open: async () => ok(structuredClone(core.snapshot())),
    'request.took': async ({ n }) => {
      if (core.state().request?.n === n) emit({ kind: 'request', request: null });
      return ok(null);
    },
    'notice.dismiss': async ({ id }) => {
      emit({ kind: 'notices', notices: core.state().notices.filter((one) => one.id !== id) });
      return ok(null);
    },
    'settings.set': async ({ settings }) => {
      emit({ kind: 'settings', settings });
      return ok(null);
    },
    'link.open': async () => ok(null),
    'clipboard.write': async () => ok(null),
    'notification.test': async () => ok('shown'),
    'wire.retry': async ({ team }) => {
      const view = core.team(team).team;
      emit({ kind: 'team', team, view: { ...view, wire: { state: 'connecting', attempt: 1 } } });
      core.later(
        () =>
          emit({
            kind: 'team',
            team,
            view: {
              ...view,
              wire: { state: 'live', rttMs: 3, node: 'one', isCatchingUp: false, door: 'socket' },
            },
          }),
        900,
      );
      return ok(null);
    },
    'view.look': async () => ok(null),
    'typing.tell': async () => ok(null),

    'timeline.open': async ({ team, channel, at }) => {
      const view = core.channel(team, channel);
      const all = core.rows(team, channel);
      const firstUnread =
        view.unread > 0
          ? all.findIndex((row) => row.type === 'message' && row.order > view.readSeq)
          : -1;
      const isMessage = typeof at === 'object';
      const wanted = isMessage
        ? all.findIndex((row) => row.type === 'message' && row.id === at.message)
        : -1;
      if (isMessage && wanted < 0) return fail('not-found');
      const middle =
        wanted >= 0 ? wanted : at === 'unread' && firstUnread >= 0 ? firstUnread : all.length;
      const to = Math.min(all.length, Math.max(middle + PAGE, PAGE));
      const from = Math.max(0, Math.min(middle, to) - PAGE);
      const shown = stretch(all, from, to);
      core.later(() =>
        emit({
          kind: 'timeline',
          timeline: {
            team,
            channel,
            ...shown,
            unreadAfter: firstUnread >= 0 ? view.readSeq : null,
            target: wanted >= 0 ? (all[wanted]?.key ?? null) : null,
          },
        }),
      );
      return ok(null);
    },
    'timeline.close': async () => {
      emit({ kind: 'timeline', timeline: null });
      return ok(null);
    },
    'timeline.older': async () => {
      const { timeline, all } = open();
      const first = timeline.rows[0];
      const at = first === undefined ? 0 : all.findIndex((row) => row.key === first.key);
      const from = Math.max(0, at - PAGE);
      core.later(() =>
        emit({
          kind: 'rows',
          put: all.slice(from, at),
          gone: [],
          hasOlder: from > 0,
          hasNewer: core.state().timeline?.hasNewer ?? false,
        }),
      );
      return ok(null);
    },
    'timeline.newer': async () => {
      const { timeline, all } = open();
      const last = timeline.rows.at(-1);
      const at = last === undefined ? 0 : all.findIndex((row) => row.key === last.key) + 1;
      const to = Math.min(all.length, at + PAGE);
      core.later(() =>
        emit({
          kind: 'rows',
          put: all.slice(at, to),
          gone: [],
          hasOlder: core.state().timeline?.hasOlder ?? false,
          hasNewer: to < all.length,
        }),
      );
      return ok(null);
    },
    'timeline.fill': async ({ from, to }) => {
      const { timeline } = open();
      const { team, channel } = timeline;
      const hole = core
        .rows(team, channel)
        .find((row) => row.type === 'hole' && row.from === from && row.to === to);
      if (!hole) return fail('not-found');
      core.later(() => {
        const author = core.team(team).team.me;
        const filled = Array.from({ length: to - from + 1 }, (_, at) =>
          message({
            id: core.nextId(),
            seq: from + at,
            author,
            at: now() - 3_600_000,
            text: `Filled in, ${at + 1}.`,
          }),
        );
        core.take(team, channel, hole.key);
        core.put(team, channel, ...filled);
      }, 400);
      return ok(null);
    },

    'message.send': send,
    'message.retry': async ({ team, message: id }) => {
      const channel = channelOfMessage(team, id);
      const row = channel === undefined ? undefined : rowOf(team, channel, id);
      if (channel === undefined || !row) return fail('not-found');
      const again: MessageRow = { ...row, delivery: { state: 'sending', isWaiting: false } };
      core.put(team, channel, again);
      deliver(team, channel, again);
      return ok(null);
    },
    'message.discard': async ({ team, message: id, asDraft }) => {
      const channel = channelOfMessage(team, id);
      const row = channel === undefined ? undefined : rowOf(team, channel, id);
      if (channel === undefined || !row) return fail('not-found');
      core.take(team, channel, row.key);
      const kept = core.drafts.get(draftId(team, channel)) ?? '';
      if (asDraft === true)
        await unsent['draft.set']({ team, channel, text: joinTexts(row.text, kept) });
      return ok({ text: row.text });
    },
    'message.edit': async ({ team, channel, message: id, text }) => {
      const row = rowOf(team, channel, id);
      if (!row) return fail('not-found');
      await unsent['draft.set']({ team, channel, message: id, text: '' });
      core.put(team, channel, { ...row, text, editedAt: now() });
      return ok(null);
    },
    'message.delete': async ({ team, channel, message: id }) => {
      const row = rowOf(team, channel, id);
      if (!row) return fail('not-found');
      core.put(team, channel, { ...row, text: '', isDeleted: true, mentionsMe: false });
      return ok(null);
    },
    'message.why': async () =>
      ok({ rule: 7, reason: 'level mentions', outcome: 'notified', at: now() - 60_000 }),
    'read.mark': async ({ team, channel, seq }) => {
      changeChannel(team, channel, { readSeq: seq, unread: 0, mentions: 0 });
      return ok(null);
    },
    'read.unmark': async ({ team, channel, message: id }) => {
      const row = rowOf(team, channel, id);
      if (!row) return fail('not-found');
      const after = core
        .rows(team, channel)
        .filter((one) => one.type === 'message' && one.order >= row.order);
      changeChannel(team, channel, { readSeq: row.order - 1, unread: after.length });
      emit({ kind: 'unread-line', after: row.order - 1 });
      return ok(null);
    },
    'read.all': async ({ team }) => {
      const channels = Object.values(core.team(team).channels).map((one) => ({
        ...one,
        readSeq: one.head,
        unread: 0,
        mentions: 0,
      }));
      const { team: view } = core.team(team);
      emit(
        { kind: 'channels', team, channels, gone: [] },
        { kind: 'team', team, view: { ...view, mentions: 0, hasUnread: false } },
      );
      return ok(null);
    },

    'presence.set': async ({ team, presence }) => {
      emit({ kind: 'presence', team, members: { [core.team(team).team.me]: presence } });
      return ok(null);
    },
    'profile.set': async ({ team, name }) => {
      const { members, team: view } = core.team(team);
      const me = members[view.me];
      if (me) emit({ kind: 'members', team, members: [{ ...me, name }] });
      return ok(null);
    },
    'password.change': async ({ current }) =>
      current === 'wrong' ? fail('wrong-credentials') : ok(null),
    'member.role': async ({ team, member, role }) => {
      const one = core.team(team).members[member];
      if (one) emit({ kind: 'members', team, members: [{ ...one, role }] });
      return ok(null);
    },
    'member.active': async ({ team, member, isActive }) => {
      const one = core.team(team).members[member];
      if (one) emit({ kind: 'members', team, members: [{ ...one, isActive }] });
      return ok(null);
    },
    'session.list': async () => ok({ sessions: sessions(now()) }),
    'session.end': async () => ok(null),
  };
}

const sessions = (now: number): readonly SessionView[] => [
  {
    id: 's1',
    device: 'Priya’s ThinkPad',
    createdAt: now - 41 * 86_400_000,
    lastSeenAt: now,
    isLive: true,
    isThisOne: true,
  },
  {
    id: 's2',
    device: 'Control room, desk 2',
    createdAt: now - 9 * 86_400_000,
    lastSeenAt: now - 25 * 60_000,
    isLive: true,
    isThisOne: false,
  },
  {
    id: 's3',
    device: 'Old MacBook',
    createdAt: now - 200 * 86_400_000,
    lastSeenAt: now - 12 * 86_400_000,
    isLive: false,
    isThisOne: false,
  },
];
