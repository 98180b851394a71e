/** What floats over the conversation, one at a time, chosen by the store. */
import { useEffect } from 'react';
import { assertNever } from './assert-never.ts';
import { useCommands, useWindow } from './context.tsx';
import { teamOf } from '../../state/selectors.ts';
import { BrowseChannels } from '../channel/browse-channels.tsx';
import { ChannelDialog } from '../channel/channel-dialog.tsx';
import { CreateChannel } from '../channel/create-channel.tsx';
import { InviteDialog } from '../invite/invite-dialog.tsx';
import { JumpDialog } from '../jump/jump-dialog.tsx';
import { DeleteMessage } from '../timeline/delete-message.tsx';
import { WhyDialog } from '../timeline/why-dialog.tsx';
import { MemberDialog } from '../people/member-dialog.tsx';
import { NewDirect } from '../people/new-direct.tsx';
import { PeopleDialog } from '../people/people-dialog.tsx';
import { KeysDialog } from '../settings/keys-dialog.tsx';
import { LeaveTeam } from '../settings/leave-team.tsx';
import { NotSent } from '../unsent/not-sent.tsx';
import { SettingsDialog } from '../settings/settings-dialog.tsx';

/** What was shown went away while it was open. */
function Gone({ onClose }: { readonly onClose: () => void }) {
  useEffect(onClose, [onClose]);
  return null;
}

export function Overlays() {
  const commands = useCommands();
  const overlay = useWindow((model) => model.ui.overlay);
  const team = useWindow(teamOf);
  if (overlay === null || team === null) return null;
  const onClose = () => commands.show(null);
  switch (overlay.kind) {
    case 'jump':
      return <JumpDialog onClose={onClose} />;
    case 'create-channel':
      return <CreateChannel team={team} onClose={onClose} />;
    case 'browse-channels':
      return <BrowseChannels team={team} onClose={onClose} />;
    case 'new-direct':
      return <NewDirect team={team} onClose={onClose} />;
    case 'people':
      return <PeopleDialog team={team} onClose={onClose} />;
    case 'channel': {
      const channel = team.channels[overlay.channel];
      return channel ? (
        <ChannelDialog
          key={channel.id}
          team={team}
          channel={channel}
          tab={overlay.tab}
          onClose={onClose}
        />
      ) : (
        <Gone onClose={onClose} />
      );
    }
    case 'invite':
      return <InviteDialog team={team} onClose={onClose} />;
    case 'member': {
      const member = team.members[overlay.member];
      return member ? (
        <MemberDialog team={team} member={member} onClose={onClose} />
      ) : (
        <Gone onClose={onClose} />
      );
    }
    case 'settings':
      return <SettingsDialog team={team} tab={overlay.tab} onClose={onClose} />;
    case 'delete-message':
      return (
        <DeleteMessage
          team={team}
          channel={overlay.channel}
          message={overlay.message}
          onClose={onClose}
        />
      );
    case 'why':
      return <WhyDialog team={team} message={overlay.message} onClose={onClose} />;
    case 'not-sent':
      return <NotSent team={team} onClose={onClose} />;
    case 'keys':
      return <KeysDialog onClose={onClose} />;
    case 'leave-team':
      return <LeaveTeam team={team} onClose={onClose} />;
    default:
      return assertNever(overlay);
  }
}
