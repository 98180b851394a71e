/** What a channel is called on screen: its name, or for a conversation the others in it. */
import type { ChannelView, TeamState } from '../../../electron/bridge/views.ts';
import type { Words } from '../../i18n/words.ts';

export function channelTitle(
  channel: ChannelView,
  members: TeamState['members'],
  words: Words,
): string {
  if (channel.kind === 'public' || channel.kind === 'private') return channel.name;
  if (channel.with.length === 0) return words.say('start.notes');
  return words.list(channel.with.map((id) => members[id]?.name ?? words.say('people.unknown')));
}

/** With its sign before it, where it is named in a sentence. */
export const channelMention = (
  channel: ChannelView,
  members: TeamState['members'],
  words: Words,
): string =>
  channel.kind === 'public' || channel.kind === 'private'
    ? `#${channel.name}`
    : channelTitle(channel, members, words);
