/**
 * The Not sent list: texts of this team that would be out of sight. What failed, and what waits or
 * is a draft in a channel that the person cannot see or write to. Each can be copied, sent to
 * another channel, or discarded.
 */
import { useRef, useState } from 'react';
import type { Problem } from '../../../electron/bridge/commands.ts';
import type { ChannelView, TeamState, UnsentView } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import type { DraftPlace } from '../../state/drafts.ts';
import { notSentOf } from '../../state/unsent.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { VirtualList } from '../../ui/virtual-list.tsx';
import { useParts } from '../app/context.tsx';
import { channelMention } from '../shell/channel-title.ts';
import { PickChannel } from './pick-channel.tsx';
import { UnsentRow } from './unsent-row.tsx';
import styles from './not-sent.module.css';

type Done =
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'copied' }
  | { readonly kind: 'sent'; readonly channel: string }
  | { readonly kind: 'discarded'; readonly place: DraftPlace; readonly text: string };

const ROW_PX = 96;

export function NotSent({
  team,
  onClose,
}: {
  readonly team: TeamState;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const { commands, drafts } = useParts();
  const [sending, setSending] = useState<UnsentView | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = team.team.id;
  const entries = notSentOf(team.unsent);

  /** Where its text is, or goes back to, as a draft. */
  const placeOf = ({ channel, kind, message }: UnsentView): DraftPlace => ({
    team: id,
    channel,
    message: kind === 'edit' || kind === 'edit-draft' ? message : null,
  });
  const failed = (problem: Problem): void => setDone({ kind: 'problem', problem });

  const copy = async ({ key }: UnsentView): Promise<void> => {
    const found = await commands.call('unsent.text', { team: id, key });
    if (!found.ok) return failed(found.error);
    const copied = await commands.call('clipboard.write', { text: found.value.text });
    if (copied.ok) setDone({ kind: 'copied' });
    else failed(copied.error);
  };
  const discard = async (entry: UnsentView): Promise<void> => {
    const answer = await commands.call('unsent.discard', { team: id, key: entry.key });
    if (!answer.ok) return failed(answer.error);
    const place = placeOf(entry);
    if (entry.kind === 'draft' || entry.kind === 'edit-draft') drafts.forget(place);
    setDone({ kind: 'discarded', place, text: answer.value.text });
  };
  const undo = async (place: DraftPlace, text: string): Promise<void> => {
    // Its button goes away: without a place for the focus, Escape would not close the list.
    list.current?.focus();
    setDone(null);
    await drafts.load(place);
    drafts.giveBack(place, text);
    drafts.flush();
  };
  const retry = async ({ message }: UnsentView): Promise<void> => {
    if (message === null) return;
    list.current?.focus();
    const answer = await commands.call('message.retry', { team: id, message });
    if (!answer.ok) failed(answer.error);
  };
  const send = async (entry: UnsentView, channel: ChannelView): Promise<void> => {
    const answer = await commands.call('unsent.send', {
      team: id,
      key: entry.key,
      channel: channel.id,
    });
    setSending(null);
    if (!answer.ok) return failed(answer.error);
    if (entry.kind === 'draft' || entry.kind === 'edit-draft') drafts.forget(placeOf(entry));
    setDone({ kind: 'sent', channel: channelMention(channel, team.members, words) });
  };

  if (sending !== null)
    return (
      <PickChannel
        team={team}
        excerpt={sending.excerpt}
        onPick={(channel) => void send(sending, channel)}
        onBack={() => setSending(null)}
        onClose={onClose}
      />
    );
  return (
    <Dialog
      title={words.say('unsent.title')}
      size="wide"
      isBare
      onClose={onClose}
      foot={
        done === null ? undefined : (
          <div className={styles['done']} role="status" data-kind={done.kind}>
            <span>
              {done.kind === 'problem'
                ? problemWords(words, done.problem)
                : done.kind === 'sent'
                  ? words.say('unsent.sent', { channel: done.channel })
                  : words.say(done.kind === 'copied' ? 'unsent.copied' : 'unsent.discarded')}
            </span>
            {done.kind === 'discarded' && (
              <Button autoFocus look="link" onPress={() => void undo(done.place, done.text)}>
                {words.say('act.undo')}
              </Button>
            )}
          </div>
        )
      }
    >
      <div ref={list} tabIndex={-1} className={styles['list']}>
        <VirtualList
          label={words.say('unsent.list')}
          items={entries}
          rowHeight={ROW_PX}
          keyOf={(entry) => entry.key}
          empty={words.say('unsent.empty')}
          render={(entry) => (
            <UnsentRow
              entry={entry}
              team={team}
              onCopy={() => void copy(entry)}
              onSend={() => setSending(entry)}
              onDiscard={() => void discard(entry)}
              onRetry={entry.why !== null ? () => void retry(entry) : null}
              onOpen={
                entry.where === 'here'
                  ? () => {
                      onClose();
                      void commands.goTo(id, entry.channel);
                    }
                  : null
              }
            />
          )}
        />
      </div>
    </Dialog>
  );
}
