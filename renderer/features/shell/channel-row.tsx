/** One channel in the side panel. Unread is weight and a quiet dot; a number means it is for you. */
import { Hash, Lock, PencilLine, Users } from 'lucide-react';
import { memo } from 'react';
import type { ChannelView, PresenceView } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import type { Words } from '../../i18n/words.ts';
import { stateOf } from '../../state/selectors.ts';
import { cx } from '../../ui/cx.ts';
import { ICON } from '../../ui/icon-button.tsx';
import { PresenceDot } from '../../ui/presence-dot.tsx';
import { useCommands, useWindow } from '../app/context.tsx';
import { channelTitle } from './channel-title.ts';
import { badgeText } from './rail.tsx';
import styles from './channel-row.module.css';

export const ChannelRow = memo(function ChannelRow({
  team,
  channel: id,
}: {
  readonly team: string;
  readonly channel: string;
}) {
  const words = useWords();
  const commands = useCommands();
  const channel = useWindow((model) => stateOf(model)?.teams[team]?.channels[id]);
  const members = useWindow((model) => stateOf(model)?.teams[team]?.members);
  const isCurrent = useWindow(
    (model) =>
      model.ui.team === team && model.ui.channels[team] === id && model.ui.welcome === null,
  );
  const other = channel?.kind === 'direct' ? channel.with[0] : undefined;
  const presence = useWindow((model) =>
    other === undefined ? 'gone' : (stateOf(model)?.teams[team]?.presence[other] ?? 'gone'),
  );
  if (!channel || !members) return null;
  const title = channelTitle(channel, members, words);
  const isMuted = channel.level === 'none';
  const isUnread = channel.unread > 0 && !isMuted;
  return (
    <button
      type="button"
      data-channel-row={id}
      className={cx(
        styles['row'],
        isCurrent && styles['current'],
        (isUnread || channel.mentions > 0) && styles['unread'],
        isMuted && styles['muted'],
      )}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={() => void commands.goTo(team, id)}
    >
      <Glyph channel={channel} presence={presence} words={words} />
      <span className={styles['name']}>
        <bdi>{title}</bdi>
        <span className="unseen">{rowSigns(words, channel)}</span>
      </span>
      {channel.mentions > 0 ? (
        <span aria-hidden className={styles['count']}>
          {badgeText(channel.mentions)}
        </span>
      ) : isUnread && !isCurrent ? (
        <span aria-hidden className={styles['dot']} />
      ) : channel.hasDraft && !isCurrent ? (
        <PencilLine {...ICON} size={14} className={styles['draft']} />
      ) : null}
    </button>
  );
});

function Glyph({
  channel,
  presence,
  words,
}: {
  readonly channel: ChannelView;
  readonly presence: PresenceView;
  readonly words: Words;
}) {
  const Icon = channel.kind === 'private' ? Lock : channel.kind === 'group' ? Users : Hash;
  return (
    <span className={styles['glyph']}>
      {channel.kind === 'direct' && channel.with.length > 0 ? (
        <PresenceDot presence={presence} label={words.say(`presence.${presence}`)} />
      ) : (
        <Icon {...ICON} size={16} />
      )}
    </span>
  );
}

/** What weight, dots and numbers say, in words. */
function rowSigns(words: Words, channel: ChannelView): string {
  const parts: string[] = [];
  if (channel.mentions > 0) parts.push(words.say('shell.mentions', { count: channel.mentions }));
  else if (channel.unread > 0) parts.push(words.say('shell.unread'));
  if (channel.hasDraft) parts.push(words.say('shell.draft'));
  if (channel.level === 'none') parts.push(words.say('shell.muted'));
  return parts.map((part) => `, ${part}`).join('');
}
