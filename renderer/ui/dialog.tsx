/** What floats over the conversation: a titled sheet that holds the focus, closes on Escape and on a click beside it. */
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useWords } from '../i18n/context.tsx';
import { cx } from './cx.ts';
import { IconButton } from './icon-button.tsx';
import styles from './dialog.module.css';

export interface DialogProps {
  readonly title: ReactNode;
  readonly size?: 'small' | 'normal' | 'wide';
  /** The content brings its own padding and scrolling. */
  readonly isBare?: boolean;
  readonly role?: 'dialog' | 'alertdialog';
  readonly foot?: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({
  title,
  size = 'normal',
  isBare = false,
  role = 'dialog',
  foot,
  onClose,
  children,
}: DialogProps) {
  const words = useWords();
  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(isOpen) => !isOpen && onClose()}
      className={cx(styles['scrim'])}
    >
      <Modal className={cx(styles['modal'], styles[size])}>
        <AriaDialog role={role} className={cx(styles['dialog'])}>
          <header className={styles['head']}>
            <Heading slot="title" className={cx(styles['title'])}>
              {title}
            </Heading>
            <IconButton
              label={words.say('act.close')}
              icon={X}
              onPress={onClose}
              placement="bottom"
            />
          </header>
          <div className={cx(styles['body'], isBare && styles['bare'])}>{children}</div>
          {foot !== undefined && <footer className={styles['foot']}>{foot}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
