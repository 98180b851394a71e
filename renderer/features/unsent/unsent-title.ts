/**
 * What the channel of an unsent text is called: as it is now, or as it was when the text was
 * written.
 */
import type { TeamState, UnsentView } from '../../../electron/bridge/views.ts';
import type { Words } from '../../i18n/words.ts';
import { channelMention } from '../shell/channel-title.ts';

export function unsentTitle(
  { channel: id, name }: Pick<UnsentView, 'channel' | 'name'>,
  team: TeamState,
  words: Words,
): string {
  const channel = team.channels[id];
  if (channel) return channelMention(channel, team.members, words);
  if (name === null) return words.say('unsent.unknown-channel');
  if (name.kind === 'public' || name.kind === 'private') return `#${name.name}`;
  return name.people.length > 0 ? words.list(name.people) : words.say('start.notes');
}
