/** Choosing: a switch for on and off, a row of options where all fit on sight, a list to pull down where they do not. */
import { Check, ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  Button,
  Checkbox as AriaCheckbox,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Radio,
  RadioGroup,
  Select as AriaSelect,
  SelectValue,
  Switch as AriaSwitch,
  Text,
} from 'react-aria-components';
import { cx } from './cx.ts';
import { ICON } from './icon-button.tsx';
import field from './field.module.css';
import styles from './choice.module.css';

export interface Option<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly hint?: string;
}

export interface SwitchProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly isOn: boolean;
  readonly isDisabled?: boolean;
  readonly onChange: (isOn: boolean) => void;
}

export function Switch({ label, hint, isOn, isDisabled = false, onChange }: SwitchProps) {
  return (
    <AriaSwitch
      isSelected={isOn}
      isDisabled={isDisabled}
      onChange={onChange}
      className={cx(styles['switch'])}
    >
      <span className={styles['words']}>
        <span className={styles['name']}>{label}</span>
        {hint !== undefined && <span className={field['hint']}>{hint}</span>}
      </span>
      <span className={styles['track']} />
    </AriaSwitch>
  );
}

export interface CheckProps {
  readonly label: ReactNode;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

export function CheckBox({ label, isOn, onChange }: CheckProps) {
  return (
    <AriaCheckbox isSelected={isOn} onChange={onChange} className={cx(styles['check'])}>
      <span className={styles['tick']}>
        {isOn && <Check {...ICON} size={13} strokeWidth={3} />}
      </span>
      {label}
    </AriaCheckbox>
  );
}

export interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly hint?: string;
  readonly value: Value;
  readonly options: readonly Option<Value>[];
  readonly isDisabled?: boolean;
  readonly onChange: (value: Value) => void;
}

/** Two to four short options, side by side. */
export function Segments<Value extends string>({
  label,
  hint,
  value,
  options,
  isDisabled = false,
  onChange,
}: ChoiceProps<Value>) {
  return (
    <RadioGroup
      value={value}
      isDisabled={isDisabled}
      onChange={(next) => onChange(next as Value)}
      orientation="horizontal"
      className={cx(field['field'])}
    >
      <Label className={cx(field['label'])}>{label}</Label>
      <div className={styles['segments']}>
        {options.map((option) => (
          <Radio key={option.value} value={option.value} className={cx(styles['segment'])}>
            {option.label}
          </Radio>
        ))}
      </div>
      {hint !== undefined && (
        <Text slot="description" className={cx(field['hint'])}>
          {hint}
        </Text>
      )}
    </RadioGroup>
  );
}

/** Options that need a sentence each, one under the other. */
export function Options<Value extends string>({
  label,
  value,
  options,
  isDisabled = false,
  onChange,
}: ChoiceProps<Value>) {
  return (
    <RadioGroup
      value={value}
      isDisabled={isDisabled}
      onChange={(next) => onChange(next as Value)}
      className={cx(field['field'])}
    >
      <Label className={cx(field['label'])}>{label}</Label>
      <div className={styles['options']}>
        {options.map((option) => (
          <Radio key={option.value} value={option.value} className={cx(styles['option'])}>
            <span className={styles['ring']} />
            <span className={styles['words']}>
              <span className={styles['name']}>{option.label}</span>
              {option.hint !== undefined && <span className={field['hint']}>{option.hint}</span>}
            </span>
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

export function Select<Value extends string>({
  label,
  hint,
  value,
  options,
  isDisabled = false,
  isLabelUnseen = false,
  onChange,
}: ChoiceProps<Value> & { readonly isLabelUnseen?: boolean }) {
  return (
    <AriaSelect
      value={value}
      isDisabled={isDisabled}
      onChange={(next) => next !== null && onChange(next as Value)}
      className={cx(field['field'])}
      {...(isLabelUnseen ? { 'aria-label': label } : {})}
    >
      {!isLabelUnseen && <Label className={cx(field['label'])}>{label}</Label>}
      <Button className={cx(field['input'], styles['select'])}>
        <SelectValue className={cx(styles['value'])} />
        <ChevronDown {...ICON} size={16} />
      </Button>
      {hint !== undefined && (
        <Text slot="description" className={cx(field['hint'])}>
          {hint}
        </Text>
      )}
      <Popover className={cx(styles['popover'])} offset={4}>
        <ListBox className={cx(styles['list'])}>
          {options.map((option) => (
            <ListBoxItem
              key={option.value}
              id={option.value}
              textValue={option.label}
              className={cx(styles['item'])}
            >
              {({ isSelected }) => (
                <>
                  <span>{option.label}</span>
                  {isSelected && <Check {...ICON} size={16} />}
                </>
              )}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
