/** Everything that can be set, in five leaves: oneself, the look, interruptions, signed-in devices, the line to each team. */
import { useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import type { SettingsTab } from '../../state/store.ts';
import { cx } from '../../ui/cx.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { ConnectionSettings } from './connection-settings.tsx';
import { LookSettings } from './look-settings.tsx';
import { NotificationSettings } from './notification-settings.tsx';
import { ProfileSettings } from './profile-settings.tsx';
import { SessionSettings } from './session-settings.tsx';
import styles from './settings-dialog.module.css';

const TABS: readonly SettingsTab[] = ['profile', 'look', 'notifications', 'sessions', 'connection'];

export interface SettingsDialogProps {
  readonly team: TeamState;
  readonly tab: SettingsTab;
  readonly onClose: () => void;
}

export function SettingsDialog({ team, tab: first, onClose }: SettingsDialogProps) {
  const words = useWords();
  const [tab, setTab] = useState(first);
  return (
    <Dialog title={words.say('settings.title')} size="wide" isBare onClose={onClose}>
      <Tabs
        orientation="vertical"
        selectedKey={tab}
        onSelectionChange={(key) => setTab(key as SettingsTab)}
        className={cx(styles['tabs'])}
      >
        <TabList aria-label={words.say('settings.title')} className={cx(styles['list'])}>
          {TABS.map((id) => (
            <Tab key={id} id={id} className={cx(styles['tab'])}>
              {words.say(`settings.${id}`)}
            </Tab>
          ))}
        </TabList>
        <TabPanel id="profile" className={cx(styles['panel'])}>
          <ProfileSettings team={team} />
        </TabPanel>
        <TabPanel id="look" className={cx(styles['panel'])}>
          <LookSettings />
        </TabPanel>
        <TabPanel id="notifications" className={cx(styles['panel'])}>
          <NotificationSettings />
        </TabPanel>
        <TabPanel id="sessions" className={cx(styles['panel'])}>
          <SessionSettings team={team} />
        </TabPanel>
        <TabPanel id="connection" className={cx(styles['panel'])}>
          <ConnectionSettings />
        </TabPanel>
      </Tabs>
    </Dialog>
  );
}
