/** When the app may interrupt: on or off, what is shown, words that count as a mention, a snooze, quiet hours, and a test. */
import { X } from 'lucide-react';
import { useState, type SyntheticEvent } from 'react';
import { useWords } from '../../i18n/context.tsx';
import { clock } from '../../time/wording.ts';
import { Button } from '../../ui/button.tsx';
import { Switch } from '../../ui/choice.tsx';
import { useNow } from '../../ui/hooks.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import { QuietHours } from './quiet-hours.tsx';
import { useSettings } from './use-settings.ts';

const MOST_KEYWORDS = 50;
const KEYWORD_LENGTH = 60;
const HOUR_MS = 3_600_000;

export function NotificationSettings() {
  const words = useWords();
  const { settings, changeNotifications } = useSettings();
  if (!settings) return null;
  const { notifications } = settings;
  return (
    <>
      <section className={form['section']}>
        <Switch
          label={words.say('notify.on')}
          hint={words.say('notify.on-hint')}
          isOn={notifications.isOn}
          onChange={(isOn) => changeNotifications({ isOn })}
        />
        <Switch
          label={words.say('notify.hide')}
          hint={words.say('notify.hide-hint')}
          isOn={notifications.hideContent}
          isDisabled={!notifications.isOn}
          onChange={(hideContent) => changeNotifications({ hideContent })}
        />
        <Test />
      </section>
      <section className={form['section']}>
        <Switch
          label={words.say('notify.break-mute')}
          hint={words.say('notify.break-mute-hint')}
          isOn={notifications.mentionsBreakMute}
          onChange={(mentionsBreakMute) => changeNotifications({ mentionsBreakMute })}
        />
        <Switch
          label={words.say('notify.ignore-channel')}
          hint={words.say('notify.ignore-channel-hint')}
          isOn={notifications.ignoreChannelMentions}
          onChange={(ignoreChannelMentions) => changeNotifications({ ignoreChannelMentions })}
        />
        <Keywords
          keywords={notifications.keywords}
          onChange={(keywords) => changeNotifications({ keywords: [...keywords] })}
        />
      </section>
      <section className={form['section']}>
        <Snooze
          until={notifications.snoozeUntil}
          onChange={(snoozeUntil) => changeNotifications({ snoozeUntil })}
        />
      </section>
      <section className={form['section']}>
        <QuietHours
          hours={notifications.quietHours}
          onChange={(quietHours) => changeNotifications({ quietHours: [...quietHours] })}
        />
      </section>
    </>
  );
}

function Test() {
  const words = useWords();
  const commands = useCommands();
  const [said, setSaid] = useState<string | null>(null);
  const test = async (): Promise<void> => {
    const answer = await commands.call('notification.test', {});
    setSaid(words.say(answer.ok ? `notify.test.${answer.value}` : 'notify.test.failed'));
  };
  return (
    <div className={form['acts']}>
      <Button size="small" onPress={() => void test()}>
        {words.say('notify.test')}
      </Button>
      <span role="status" className={form['hint']}>
        {said}
      </span>
    </div>
  );
}

function Keywords({
  keywords,
  onChange,
}: {
  readonly keywords: readonly string[];
  readonly onChange: (keywords: readonly string[]) => void;
}) {
  const words = useWords();
  const [typed, setTyped] = useState('');
  const add = (event: SyntheticEvent): void => {
    event.preventDefault();
    const word = typed.trim();
    if (word === '' || keywords.length >= MOST_KEYWORDS) return;
    if (!keywords.includes(word)) onChange([...keywords, word]);
    setTyped('');
  };
  return (
    <form onSubmit={add} style={{ display: 'grid', gap: 8 }}>
      <TextField
        label={words.say('notify.keywords')}
        hint={words.say('notify.keywords-hint')}
        value={typed}
        maxLength={KEYWORD_LENGTH}
        onChange={setTyped}
      />
      {keywords.length > 0 && (
        <div className={form['chips']}>
          {keywords.map((word) => (
            <span key={word} className={form['chip']}>
              <bdi>{word}</bdi>
              <IconButton
                size="small"
                icon={X}
                label={words.say('notify.forget-keyword', { word })}
                onPress={() => onChange(keywords.filter((one) => one !== word))}
              />
            </span>
          ))}
        </div>
      )}
    </form>
  );
}

function Snooze({
  until,
  onChange,
}: {
  readonly until: number | null;
  readonly onChange: (until: number | null) => void;
}) {
  const words = useWords();
  const now = useNow(30_000);
  const isOn = until !== null && until > now;
  const tomorrow = (): number => {
    const date = new Date(now);
    date.setDate(date.getDate() + 1);
    return date.setHours(8, 0, 0, 0);
  };
  return (
    <div className={form['form']}>
      <h3 className={form['title']}>{words.say('notify.snooze')}</h3>
      <div className={form['acts']}>
        {isOn ? (
          <>
            <span>{words.say('notify.snoozed-until', { time: clock(words, until) })}</span>
            <Button size="small" onPress={() => onChange(null)}>
              {words.say('notify.wake')}
            </Button>
          </>
        ) : (
          <>
            <Button size="small" onPress={() => onChange(now + HOUR_MS)}>
              {words.say('notify.an-hour')}
            </Button>
            <Button size="small" onPress={() => onChange(now + 3 * HOUR_MS)}>
              {words.say('notify.three-hours')}
            </Button>
            <Button size="small" onPress={() => onChange(tomorrow())}>
              {words.say('notify.tomorrow')}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
