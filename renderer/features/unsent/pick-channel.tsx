/** Chooses the channel or conversation to which an unsent text goes instead. */
import { Hash, Lock, User, Users } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { ChannelView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { sidebarOf } from '../../state/selectors.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ICON } from '../../ui/icon-button.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { VirtualList } from '../../ui/virtual-list.tsx';
import form from '../../ui/form.module.css';
import person from '../../ui/person-row.module.css';
import { rank } from '../composer/suggest.ts';
import { channelTitle } from '../shell/channel-title.ts';
import styles from './not-sent.module.css';

export interface PickChannelProps {
  readonly team: TeamState;
  readonly excerpt: string;
  readonly onPick: (channel: ChannelView) => void;
  readonly onBack: () => void;
  readonly onClose: () => void;
}

const ICONS = { public: Hash, private: Lock, direct: User, group: Users } as const;

export function PickChannel({ team, excerpt, onPick, onBack, onClose }: PickChannelProps) {
  const words = useWords();
  const [typed, setTyped] = useState('');
  const found = useMemo(() => {
    const { channels, directs } = sidebarOf(team.channels);
    const asked = typed.trim().replace(/^[#@]/, '').toLowerCase();
    return [...channels, ...directs]
      .map((channel) => {
        const title = channelTitle(channel, team.members, words);
        return { channel, title, rank: rank(asked, title) };
      })
      .filter((one) => one.rank < Infinity)
      .sort((a, b) => a.rank - b.rank);
  }, [team, typed, words]);

  return (
    <Dialog
      title={words.say('unsent.send-to')}
      size="wide"
      isBare
      onClose={onClose}
      foot={<Button onPress={onBack}>{words.say('act.back')}</Button>}
    >
      <p className={styles['quoted']} dir="auto">
        {excerpt}
      </p>
      <div className={form['search']}>
        <SearchField label={words.say('unsent.find')} value={typed} onChange={setTyped} />
      </div>
      <VirtualList
        label={words.say('unsent.send-to')}
        items={found}
        rowHeight={44}
        keyOf={({ channel }) => channel.id}
        empty={words.say('unsent.none-found')}
        render={({ channel, title }) => {
          const Icon = ICONS[channel.kind];
          return (
            <button type="button" className={person['row']} onClick={() => onPick(channel)}>
              <Icon {...ICON} size={16} />
              <span className={person['name']}>
                <bdi>{title}</bdi>
              </span>
            </button>
          );
        }}
      />
    </Dialog>
  );
}
