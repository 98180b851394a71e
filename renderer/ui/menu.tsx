/** A menu that opens from a button. Items are data; what cannot be taken back is set apart and says so by colour and words. */
import type { LucideIcon } from 'lucide-react';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { cx } from './cx.ts';
import { ICON } from './icon-button.tsx';
import styles from './menu.module.css';

export type MenuEntry =
  | {
      readonly id: string;
      readonly label: string;
      readonly icon?: LucideIcon;
      readonly mark?: ReactNode;
      readonly shortcut?: string;
      readonly tone?: 'plain' | 'danger';
      readonly isChosen?: boolean;
      readonly isDisabled?: boolean;
      readonly onChoose: () => void;
    }
  | { readonly id: string; readonly isRule: true };

export interface MenuProps {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  /** The button; a component of react-aria. */
  readonly trigger: ReactNode;
  readonly placement?: 'bottom start' | 'bottom end' | 'top start' | 'top end';
  readonly onOpenChange?: (isOpen: boolean) => void;
}

export function Menu({
  label,
  entries,
  trigger,
  placement = 'bottom start',
  onOpenChange,
}: MenuProps) {
  return (
    <MenuTrigger {...(onOpenChange ? { onOpenChange } : {})}>
      {trigger}
      <Popover placement={placement} offset={4} className={cx(styles['popover'])}>
        <AriaMenu aria-label={label} className={cx(styles['menu'])}>
          {entries.map((entry) =>
            'isRule' in entry ? (
              <Separator key={entry.id} className={cx(styles['rule'])} />
            ) : (
              <MenuItem
                key={entry.id}
                id={entry.id}
                textValue={entry.label}
                isDisabled={entry.isDisabled === true}
                onAction={entry.onChoose}
                className={cx(styles['item'], entry.tone === 'danger' && styles['danger'])}
              >
                {entry.icon !== undefined && <entry.icon {...ICON} size={16} />}
                {entry.mark}
                <span className={styles['label']}>{entry.label}</span>
                {entry.shortcut !== undefined && (
                  <kbd className={styles['key']}>{entry.shortcut}</kbd>
                )}
                {entry.isChosen === true && <Check {...ICON} size={16} />}
              </MenuItem>
            ),
          )}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
