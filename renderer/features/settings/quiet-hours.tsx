/** Weekly quiet hours: days and a span each, which may run over midnight. Kept as minutes of the local day. */
import { Plus, Trash2 } from 'lucide-react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import type { Settings } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import type { Words } from '../../i18n/words.ts';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { ICON, IconButton } from '../../ui/icon-button.tsx';
import form from '../../ui/form.module.css';
import styles from './quiet-hours.module.css';

type Span = Settings['notifications']['quietHours'][number];

const MOST_SPANS = 20;
const DAYS = [1, 2, 3, 4, 5, 6, 0] as const;
const NIGHT: Span = { days: [0, 1, 2, 3, 4, 5, 6], from: 20 * 60, to: 7 * 60 };

export const toTime = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

export function toMinutes(time: string): number | null {
  const match = /^(\d{1,2}):(\d{2})$/.exec(time);
  const minutes = match ? Number(match[1]) * 60 + Number(match[2]) : NaN;
  return minutes >= 0 && minutes < 1440 ? minutes : null;
}

/** 5 January 2025 was a Sunday. */
const dayName = (words: Words, day: number, width: 'narrow' | 'long'): string =>
  words.intl.formatDate(new Date(2025, 0, 5 + day), { weekday: width });

export function QuietHours({
  hours,
  onChange,
}: {
  readonly hours: readonly Span[];
  readonly onChange: (hours: readonly Span[]) => void;
}) {
  const words = useWords();
  const replace = (at: number, span: Span): void =>
    onChange(hours.map((one, place) => (place === at ? span : one)));
  return (
    <div className={form['form']}>
      <div>
        <h3 className={form['title']}>{words.say('quiet.title')}</h3>
        <p className={form['hint']}>{words.say('quiet.hint')}</p>
      </div>
      {hours.map((span, at) => (
        <div
          key={at}
          className={styles['span']}
          role="group"
          aria-label={words.say('quiet.span', { number: at + 1 })}
        >
          <ToggleButtonGroup
            selectionMode="multiple"
            selectedKeys={span.days.map(String)}
            onSelectionChange={(keys) =>
              replace(at, { ...span, days: [...keys].map(Number).sort() })
            }
            aria-label={words.say('quiet.days')}
            className={cx(styles['days'])}
          >
            {DAYS.map((day) => (
              <ToggleButton
                key={day}
                id={String(day)}
                aria-label={dayName(words, day, 'long')}
                className={cx(styles['day'])}
              >
                {dayName(words, day, 'narrow')}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
          <span className={styles['times']}>
            <TimeField
              label={words.say('quiet.from')}
              minutes={span.from}
              onChange={(from) => replace(at, { ...span, from })}
            />
            <span aria-hidden>–</span>
            <TimeField
              label={words.say('quiet.to')}
              minutes={span.to}
              onChange={(to) => replace(at, { ...span, to })}
            />
          </span>
          <IconButton
            label={words.say('quiet.remove')}
            icon={Trash2}
            tone="danger"
            onPress={() => onChange(hours.filter((_, place) => place !== at))}
          />
        </div>
      ))}
      <div className={form['acts']}>
        <Button
          size="small"
          isDisabled={hours.length >= MOST_SPANS}
          onPress={() => onChange([...hours, NIGHT])}
        >
          <Plus {...ICON} size={15} /> {words.say('quiet.add')}
        </Button>
      </div>
    </div>
  );
}

function TimeField({
  label,
  minutes,
  onChange,
}: {
  readonly label: string;
  readonly minutes: number;
  readonly onChange: (minutes: number) => void;
}) {
  return (
    <input
      type="time"
      aria-label={label}
      className={styles['time']}
      value={toTime(minutes)}
      onChange={(event) => {
        const next = toMinutes(event.target.value);
        if (next !== null) onChange(next);
      }}
    />
  );
}
