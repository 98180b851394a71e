/** A field that narrows the list under it. */
import { Search } from 'lucide-react';
import { Input, SearchField as AriaSearchField } from 'react-aria-components';
import { cx } from './cx.ts';
import { ICON } from './icon-button.tsx';
import styles from './field.module.css';

export interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function SearchField({ label, value, onChange }: SearchFieldProps) {
  return (
    <AriaSearchField aria-label={label} value={value} onChange={onChange} autoFocus>
      <span className={styles['box']}>
        <span className={styles['prefix']}>
          <Search {...ICON} size={15} />
        </span>
        <Input dir="auto" placeholder={label} className={cx(styles['input'])} />
      </span>
    </AriaSearchField>
  );
}
