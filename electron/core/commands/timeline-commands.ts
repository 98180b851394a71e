/**
 * The open timeline of a window, and read marks.
 */
import { channelFeed } from '../../../protocol/ids.ts';
import { ok } from '../../../protocol/result.ts';
import type { CommandHandlers } from '../../bridge/commands.ts';
import { background } from '../background.ts';
import { problem } from '../problems.ts';
import { newestPage } from '../sync/history.ts';
import { openTimeline, type OpenAt, type Timeline } from '../views/timeline.ts';
import { withChannel, withTeam, type CommandParts } from './core.ts';

type Names =
  | 'timeline.open'
  | 'timeline.close'
  | 'timeline.older'
  | 'timeline.newer'
  | 'timeline.fill'
  | 'read.mark'
  | 'read.unmark'
  | 'read.all'
  | 'typing.tell';

const DONE = ok(null);

/** A timeline for a window, with what is in the cache. */
export function openAt(
  { core, window }: CommandParts,
  at: { readonly team: string; readonly channel: string; readonly at: OpenAt },
): Timeline | undefined {
  const team = core.teams.get(at.team);
  const channel = team?.replica.channels.get(at.channel);
  if (!team || !channel) return undefined;
  return openTimeline({
    team,
    channel,
    at: at.at,
    ignoreChannelMentions: () => core.settings().notifications.ignoreChannelMentions,
    onChanged: () => window.rowsChanged(),
  });
}

export function createTimelineCommands(parts: CommandParts): Pick<CommandHandlers, Names> {
  const { core, window } = parts;
  return {
    'timeline.open': (input) =>
      withChannel(core, input, async (team, channel) => {
        const timeline = openAt(parts, input);
        if (!timeline) return problem('not-found');
        window.setTimeline(timeline);
        // Nothing of it is here yet: the newest page is fetched at once, before the rest of the catch-up.
        if (channel.isJoined && channel.held.length === 0 && channel.head > 0) {
          background(
            team.history.fetch(channelFeed(channel.id), newestPage(channel.head), 'seen'),
            core.log,
            'open',
          );
        }
        return DONE;
      }),
    'timeline.close': async () => {
      window.setTimeline(null);
      return DONE;
    },
    'timeline.older': async () => window.timeline?.older() ?? DONE,
    'timeline.newer': async () => window.timeline?.newer() ?? DONE,
    'timeline.fill': async (hole) => window.timeline?.fill(hole) ?? DONE,

    'read.mark': (input) =>
      withChannel(core, input, async (team, channel) => {
        team.marks.mark(channel, input.seq);
        return DONE;
      }),
    'read.unmark': (input) =>
      withChannel(core, input, async (team, channel) => {
        const message = team.cache.messages.byId(team.replica.team.key, channel.key, input.message);
        if (!message) return problem('not-found');
        team.keepUnread(channel.id);
        team.marks.unmark(channel, message.seq - 1);
        return DONE;
      }),
    'read.all': ({ team: id }) =>
      withTeam(core, id, async (team) => {
        for (const channel of team.replica.channels.values())
          if (channel.unread > 0) team.marks.mark(channel, channel.head);
        return DONE;
      }),

    'typing.tell': (input) =>
      withChannel(core, input, async (team, channel) => {
        if (channel.isJoined) team.connection.send({ t: 'typing', channel: channel.id });
        return DONE;
      }),
  };
}
