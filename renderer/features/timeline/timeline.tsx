/** The conversation of the channel on screen: takes the timeline from the store and gives the list what it draws and does. */
import { Unplug } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import type { ChannelView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { hueIn, isAdmin, stateOf } from '../../state/selectors.ts';
import { CopyProvider } from '../../text/copy-context.ts';
import { Button } from '../../ui/button.tsx';
import { useLasting, useNow } from '../../ui/hooks.ts';
import { Empty } from '../../ui/panel.tsx';
import { useCommands, useParts, useWindow } from '../app/context.tsx';
import { channelTitle } from '../shell/channel-title.ts';
import type { Item } from './items.ts';
import type { MessageDeeds } from './message-actions.tsx';
import { MessageItem } from './message-item.tsx';
import { DayLine, HoleItem, LoadingItem, NoteItem, StartItem, UnreadLine } from './other-items.tsx';
import { withSending } from './sending-rows.ts';
import { TimelineSkeleton } from './skeleton.tsx';
import { useTextContext } from './text-context.ts';
import { TimelineList, type RowState } from './timeline-list.tsx';

export interface TimelineProps {
  readonly team: TeamState;
  readonly channel: ChannelView;
}

const DAY_CHANGES_WITHIN_MS = 60_000;

export function Timeline({ team, channel }: TimelineProps) {
  const words = useWords();
  const commands = useCommands();
  const given = useWindow((model) => stateOf(model)?.timeline ?? null);
  const sending = useWindow((model) => model.ui.sending);
  const editing = useWindow((model) => model.ui.editing);
  const toEnd = useWindow((model) => model.ui.toEnd);
  const sendWith = useWindow((model) => stateOf(model)?.settings.sendWith ?? 'enter');
  const refused = useWindow(({ ui }) =>
    ui.refused?.team === team.team.id && ui.refused.channel === channel.id ? ui.refused : null,
  );
  const context = useTextContext(team, commands);
  const now = useNow(DAY_CHANGES_WITHIN_MS);
  const { me, id: teamId, role } = team.team;
  const timeline = useMemo(() => given && withSending(given, sending, me), [given, sending, me]);
  const isOffline = team.team.wire.state !== 'live';
  const isHere = timeline !== null && timeline.team === teamId && timeline.channel === channel.id;
  const isSlow = useLasting(!isHere);
  const members = team.members;

  const deeds = useDeeds({ teamId, channel, role });
  const onKey = useCallback(
    (rowKey: string, key: string): boolean => {
      const row = timeline?.rows.find((one) => one.key === rowKey);
      if (row?.type !== 'message' || row.isDeleted) return false;
      const press = key.toLowerCase();
      if (press === 'c') deeds.onCopy(row);
      else if (press === 'u' && row.seq !== null) deeds.onUnread(row);
      else if (press === 'e' && row.seq !== null && row.author === me && deeds.mayWrite)
        deeds.onEdit(row.key);
      else return false;
      return true;
    },
    [timeline, deeds, me],
  );
  const onFill = useCallback(
    (from: number, to: number) => void commands.call('timeline.fill', { from, to }),
    [commands],
  );
  const onOlder = useCallback(
    async () => (await commands.call('timeline.older', {})).ok,
    [commands],
  );
  const onNewer = useCallback(
    async () => (await commands.call('timeline.newer', {})).ok,
    [commands],
  );
  const nameOf = useCallback(
    (member: string) => members[member]?.name ?? words.say('people.unknown'),
    [members, words],
  );

  if (!isHere && refused !== null) {
    return (
      <Empty icon={Unplug} title={words.say('talk.refused')}>
        <p>{problemWords(words, refused.problem)}</p>
        <Button onPress={() => void commands.goTo(teamId, channel.id)}>
          {words.say('act.retry')}
        </Button>
      </Empty>
    );
  }
  if (!isHere) return isSlow ? <TimelineSkeleton /> : <div />;

  const render = (item: Item, state: RowState) => {
    switch (item.kind) {
      case 'message':
        return (
          <MessageItem
            row={item.row}
            author={members[item.row.author]}
            hue={hueIn(members, item.row.author)}
            isContinued={item.isContinued}
            isMine={item.row.author === me}
            isEditing={editing === item.key}
            isTarget={state.isTarget}
            isTabStop={state.isTabStop}
            sendWith={sendWith}
            context={context}
            deeds={deeds}
          />
        );
      case 'note':
        return <NoteItem row={item.row} nameOf={nameOf} />;
      case 'day':
        return <DayLine at={item.at} now={now} />;
      case 'unread':
        return <UnreadLine />;
      case 'hole':
        return (
          <HoleItem from={item.row.from} to={item.row.to} isOffline={isOffline} onFill={onFill} />
        );
      case 'older':
      case 'newer':
        return <LoadingItem isOffline={isOffline && state.isRefused} />;
      case 'start':
        return <Start team={team} channel={channel} />;
    }
  };

  return (
    <CopyProvider value={(text) => void commands.copy(text)}>
      <TimelineList
        key={`${teamId}/${channel.id}`}
        label={words.say('talk.list-label', { channel: channelTitle(channel, members, words) })}
        timeline={timeline}
        me={me}
        editing={editing}
        toEnd={toEnd}
        render={render}
        isLive={!isOffline}
        onEnd={commands.sawEnd}
        onOlder={onOlder}
        onNewer={onNewer}
        onToEnd={() => void commands.toEnd()}
        onKey={onKey}
        onLeave={commands.toComposer}
      />
    </CopyProvider>
  );
}

function Start({ team, channel }: TimelineProps) {
  const commands = useCommands();
  const isTalk = channel.kind === 'direct' || channel.kind === 'group';
  const mayChange =
    !isTalk && channel.isJoined && !channel.isArchived && team.team.role !== 'guest';
  const others = channel.with
    .filter((id) => id !== team.team.me)
    .flatMap((id) => team.members[id] ?? []);
  return (
    <StartItem
      channel={channel}
      others={others}
      hueOf={(member) => hueIn(team.members, member)}
      onAddPeople={
        mayChange
          ? () => commands.show({ kind: 'channel', channel: channel.id, tab: 'members' })
          : null
      }
      onTopic={
        mayChange
          ? () => commands.show({ kind: 'channel', channel: channel.id, tab: 'about' })
          : null
      }
    />
  );
}

interface DeedsParts {
  readonly teamId: string;
  readonly channel: ChannelView;
  readonly role: TeamState['team']['role'];
}

function useDeeds({
  teamId: team,
  channel: { id: channel, isJoined, isArchived },
  role,
}: DeedsParts): MessageDeeds {
  const { commands, drafts, sending } = useParts();
  const words = useWords();
  return useMemo(
    () => ({
      mayWrite: isJoined && !isArchived,
      mayDeleteOthers: isAdmin(role),
      onAuthor: (member) => commands.show({ kind: 'member', member }),
      onEdit: (rowKey) => {
        commands.edit(rowKey);
        if (rowKey === null) commands.toComposer();
      },
      editOf: (row) => ({ team, channel, message: row.id }),
      onSave(row, text, original) {
        commands.edit(null);
        commands.toComposer();
        void sending.edit({ team, channel, message: row.id }, text, original);
      },
      onDelete: (row) => commands.show({ kind: 'delete-message', channel, message: row.id }),
      onCopy: (row) => void commands.copy(row.text),
      onUnread: (row) => void commands.markUnreadFrom(team, channel, row.id),
      onWhy: (row) => commands.show({ kind: 'why', message: row.id }),
      onRetry: (row) => void commands.attempt('message.retry', { team, message: row.id }),
      async onToDraft(row) {
        const place = { team, channel, message: row.seq === null ? null : row.id };
        // What was typed last is kept first: the text goes before it, here and on the disk.
        drafts.flush();
        const answer = await commands.call('message.discard', {
          team,
          message: row.id,
          asDraft: true,
        });
        if (!answer.ok) return commands.say({ kind: 'problem', problem: answer.error });
        if (drafts.peek(place) !== undefined) drafts.giveBack(place, answer.value.text);
        commands.say({ kind: 'done', what: 'draft' });
        commands.toComposer();
      },
      wordFor: (refusal) => problemWords(words, refusal),
    }),
    [commands, drafts, sending, words, team, channel, isJoined, isArchived, role],
  );
}
