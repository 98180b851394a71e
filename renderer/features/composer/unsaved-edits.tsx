/**
 * Above the composer: an edit of this channel that was begun and left, to go on with or to discard.
 */
import { Pencil } from 'lucide-react';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { unsavedEditsOf } from '../../state/unsent.ts';
import { Button } from '../../ui/button.tsx';
import { ICON } from '../../ui/icon-button.tsx';
import { useParts, useWindow } from '../app/context.tsx';
import styles from './unsaved-edits.module.css';

export function UnsavedEdits({
  team,
  channel,
}: {
  readonly team: TeamState;
  readonly channel: string;
}) {
  const words = useWords();
  const { commands, drafts } = useParts();
  const editing = useWindow((model) => model.ui.editing);
  const sending = useWindow((model) => model.ui.sending);
  const edits = unsavedEditsOf(team.unsent).filter(
    (one) =>
      one.channel === channel &&
      one.message !== editing &&
      // It is on its way: the core takes the draft away when it has the edit.
      !sending.some((text) => text.kind === 'edit' && text.message === one.message),
  );
  const newest = edits[0];
  if (newest?.message === undefined || newest.message === null) return null;
  const { message } = newest;
  return (
    <section
      className={styles['strip']}
      aria-label={words.say('edit.unsaved', { count: edits.length })}
    >
      <Pencil {...ICON} size={15} />
      <span className={styles['words']}>
        <b>{words.say('edit.unsaved', { count: edits.length })}</b> <bdi>{newest.excerpt}</bdi>
      </span>
      <Button
        look="link"
        onPress={() => void commands.continueEdit(team.team.id, channel, message)}
      >
        {words.say('edit.continue')}
      </Button>
      <Button look="link" onPress={() => drafts.drop({ team: team.team.id, channel, message })}>
        {words.say('edit.discard')}
      </Button>
    </section>
  );
}
