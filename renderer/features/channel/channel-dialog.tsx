/** All about one channel: what it is, who is in it, when it may interrupt. */
import { useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import type { ChannelView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { Options } from '../../ui/choice.tsx';
import { cx } from '../../ui/cx.ts';
import { Dialog } from '../../ui/dialog.tsx';
import tabs from '../../ui/tabs.module.css';
import { useCommands } from '../app/context.tsx';
import { channelMention } from '../shell/channel-title.ts';
import { ChannelAbout } from './channel-about.tsx';
import { ChannelMembers } from './channel-members.tsx';

export type ChannelTab = 'about' | 'members' | 'notifications';

export interface ChannelDialogProps {
  readonly team: TeamState;
  readonly channel: ChannelView;
  readonly tab: ChannelTab;
  readonly onClose: () => void;
}

export function ChannelDialog({ team, channel, tab: first, onClose }: ChannelDialogProps) {
  const words = useWords();
  const commands = useCommands();
  const [tab, setTab] = useState(first);
  const isTalk = channel.kind === 'direct' || channel.kind === 'group';
  return (
    <Dialog
      title={<bdi>{channelMention(channel, team.members, words)}</bdi>}
      isBare
      onClose={onClose}
    >
      <Tabs
        selectedKey={tab}
        onSelectionChange={(key) => setTab(key as ChannelTab)}
        className={cx(tabs['tabs'])}
      >
        <TabList aria-label={words.say('channel.settings')} className={cx(tabs['list'])}>
          {!isTalk && (
            <Tab id="about" className={cx(tabs['tab'])}>
              {words.say('channel.about')}
            </Tab>
          )}
          <Tab id="members" className={cx(tabs['tab'])}>
            {words.say('channel.members')}
          </Tab>
          <Tab id="notifications" className={cx(tabs['tab'])}>
            {words.say('settings.notifications')}
          </Tab>
        </TabList>
        {!isTalk && (
          <TabPanel id="about" className={cx(tabs['panel'])}>
            <ChannelAbout team={team} channel={channel} onClose={onClose} />
          </TabPanel>
        )}
        <TabPanel id="members" className={cx(tabs['panel'], tabs['bare'])}>
          <ChannelMembers team={team} channel={channel} />
        </TabPanel>
        <TabPanel id="notifications" className={cx(tabs['panel'])}>
          <Options
            label={words.say('level.label')}
            value={channel.level}
            onChange={(level) =>
              void commands.attempt('channel.level', {
                team: team.team.id,
                channel: channel.id,
                level,
              })
            }
            options={[
              { value: 'all', label: words.say('level.all'), hint: words.say('level.all-hint') },
              {
                value: 'mentions',
                label: words.say('level.mentions'),
                hint: words.say('level.mentions-hint'),
              },
              { value: 'none', label: words.say('level.none'), hint: words.say('level.none-hint') },
            ]}
          />
        </TabPanel>
      </Tabs>
    </Dialog>
  );
}
