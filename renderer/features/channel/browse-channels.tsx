/** All public channels of the team: look for one, see what it is about, go in. */
import { Hash, Lock } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { ChannelView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ICON } from '../../ui/icon-button.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { VirtualList } from '../../ui/virtual-list.tsx';
import form from '../../ui/form.module.css';
import row from '../../ui/person-row.module.css';
import { useCommands } from '../app/context.tsx';
import { rank } from '../composer/suggest.ts';

export function BrowseChannels({
  team,
  onClose,
}: {
  readonly team: TeamState;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const commands = useCommands();
  const [typed, setTyped] = useState('');
  const found = useMemo(() => {
    const asked = typed.trim().toLowerCase();
    return Object.values(team.channels)
      .filter((one) => one.kind === 'public' || one.kind === 'private')
      .map((channel) => ({ channel, rank: rank(asked, channel.name, channel.topic) }))
      .filter((one) => one.rank < Infinity)
      .sort(
        (a, b) =>
          a.rank - b.rank ||
          Number(a.channel.isArchived) - Number(b.channel.isArchived) ||
          a.channel.name.localeCompare(b.channel.name),
      )
      .map((one) => one.channel);
  }, [team.channels, typed]);
  const id = team.team.id;

  const enter = (channel: ChannelView): void => {
    onClose();
    void commands.goTo(id, channel.id);
  };

  return (
    <Dialog
      title={words.say('channel.browse')}
      isBare
      onClose={onClose}
      foot={
        team.team.role !== 'guest' && (
          <Button onPress={() => commands.show({ kind: 'create-channel' })}>
            {words.say('channel.create')}
          </Button>
        )
      }
    >
      <div className={form['search']}>
        <SearchField label={words.say('channel.find')} value={typed} onChange={setTyped} />
      </div>
      <VirtualList
        label={words.say('channel.browse')}
        items={found}
        rowHeight={58}
        keyOf={(channel) => channel.id}
        empty={words.say('channel.none-found')}
        render={(channel) => (
          <div className={row['row']}>
            {channel.kind === 'private' ? <Lock {...ICON} /> : <Hash {...ICON} />}
            <span className={row['words']}>
              <span className={row['name']}>
                <bdi>{channel.name}</bdi>
                {channel.isArchived && (
                  <span className={row['mark']}>{words.say('channel.archived')}</span>
                )}
              </span>
              <span className={row['more']}>
                <bdi>{channel.topic}</bdi>
              </span>
            </span>
            {channel.isJoined || channel.isArchived ? (
              <Button
                size="small"
                onPress={() => enter(channel)}
                aria-label={words.say('channel.open-name', { name: channel.name })}
              >
                {words.say('channel.open')}
              </Button>
            ) : (
              <Button
                size="small"
                aria-label={words.say('channel.join-name', { name: channel.name })}
                onPress={() =>
                  void commands
                    .attempt('channel.join', { team: id, channel: channel.id })
                    .then((isDone) => {
                      if (isDone) enter(channel);
                    })
                }
              >
                {words.say('channel.join')}
              </Button>
            )}
          </div>
        )}
      />
    </Dialog>
  );
}
