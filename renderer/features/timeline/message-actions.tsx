/** What can be done with a message: a small bar that floats over its corner, the rarer things behind the dots. */
import { Copy, Ellipsis, HelpCircle, MailOpen, Pencil, Trash2 } from 'lucide-react';
import type { MessageRow } from '../../../electron/bridge/views.ts';
import type { DraftPlace } from '../../state/drafts.ts';
import { useWords } from '../../i18n/context.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu, type MenuEntry } from '../../ui/menu.tsx';
import styles from './message-actions.module.css';

export interface MessageDeeds {
  onAuthor(member: string): void;
  onEdit(rowKey: string | null): void;
  /** Takes the edit and closes the box. `original`: what the text was when the edit began. */
  onSave(row: MessageRow, text: string, original: string): void;
  /** Where an edit of the message is kept. */
  editOf(row: MessageRow): DraftPlace & { readonly message: string };
  onDelete(row: MessageRow): void;
  onCopy(row: MessageRow): void;
  onUnread(row: MessageRow): void;
  onWhy(row: MessageRow): void;
  onRetry(row: MessageRow): void;
  /** What failed goes back to where it was written. */
  onToDraft(row: MessageRow): void;
  /** A refusal in words. */
  wordFor(refusal: string): string;
  readonly mayDeleteOthers: boolean;
  readonly mayWrite: boolean;
}

export interface MessageActionsProps {
  readonly row: MessageRow;
  readonly isMine: boolean;
  readonly deeds: MessageDeeds;
  readonly onMenu: (isOpen: boolean) => void;
}

export function MessageActions({ row, isMine, deeds, onMenu }: MessageActionsProps) {
  const words = useWords();
  const isSent = row.seq !== null;
  const mayEdit = isMine && isSent && deeds.mayWrite;
  const mayDelete = isSent && deeds.mayWrite && (isMine || deeds.mayDeleteOthers);
  const rest: MenuEntry[] = [
    {
      id: 'copy',
      label: words.say('talk.copy-text'),
      icon: Copy,
      shortcut: 'C',
      onChoose: () => deeds.onCopy(row),
    },
    ...(isSent
      ? [
          {
            id: 'unread',
            label: words.say('talk.mark-unread'),
            icon: MailOpen,
            shortcut: 'U',
            onChoose: () => deeds.onUnread(row),
          },
        ]
      : []),
    ...(isSent && !isMine
      ? [
          {
            id: 'why',
            label: words.say('talk.why'),
            icon: HelpCircle,
            onChoose: () => deeds.onWhy(row),
          },
        ]
      : []),
    ...(mayDelete
      ? [
          { id: 'rule', isRule: true as const },
          {
            id: 'delete',
            label: words.say('talk.delete'),
            icon: Trash2,
            tone: 'danger' as const,
            onChoose: () => deeds.onDelete(row),
          },
        ]
      : []),
  ];
  return (
    <div className={styles['bar']} role="toolbar" aria-label={words.say('talk.actions')}>
      {mayEdit && (
        <IconButton
          label={words.say('talk.edit')}
          shortcut="E"
          icon={Pencil}
          onPress={() => deeds.onEdit(row.key)}
        />
      )}
      <IconButton
        label={words.say('talk.copy-text')}
        shortcut="C"
        icon={Copy}
        onPress={() => deeds.onCopy(row)}
      />
      {isSent && !isMine && (
        <IconButton
          label={words.say('talk.mark-unread')}
          shortcut="U"
          icon={MailOpen}
          onPress={() => deeds.onUnread(row)}
        />
      )}
      <Menu
        label={words.say('talk.actions')}
        placement="bottom end"
        onOpenChange={onMenu}
        entries={rest}
        trigger={<IconButton label={words.say('act.more')} icon={Ellipsis} />}
      />
    </div>
  );
}
