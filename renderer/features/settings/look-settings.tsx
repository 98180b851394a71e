/** How the window looks and reads: theme, language, density, which key sends, and how much history is kept here. */
import type { Settings } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { stateOf } from '../../state/selectors.ts';
import { Segments } from '../../ui/choice.tsx';
import form from '../../ui/form.module.css';
import { useWindow } from '../app/context.tsx';
import { keyNames } from '../shell/key-names.ts';
import { useSettings } from './use-settings.ts';

export function LookSettings() {
  const words = useWords();
  const { settings, change } = useSettings();
  const os = useWindow((model) => stateOf(model)?.app.os ?? '');
  if (!settings) return null;
  return (
    <div className={form['form']}>
      <Segments
        label={words.say('look.theme')}
        value={settings.theme}
        onChange={(theme) => change({ theme })}
        options={[
          { value: 'system', label: words.say('look.system') },
          { value: 'light', label: words.say('look.light') },
          { value: 'dark', label: words.say('look.dark') },
        ]}
      />
      <Segments
        label={words.say('look.language')}
        value={settings.language}
        onChange={(language) => change({ language })}
        options={[
          { value: 'system', label: words.say('look.system') },
          { value: 'en', label: words.say('look.english') },
          { value: 'zh-Hant', label: words.say('look.chinese') },
        ]}
      />
      <Segments
        label={words.say('look.density')}
        value={settings.density}
        onChange={(density) => change({ density })}
        options={[
          { value: 'comfortable', label: words.say('look.comfortable') },
          { value: 'compact', label: words.say('look.compact') },
        ]}
      />
      <Segments
        label={words.say('look.send-with')}
        hint={words.say('look.send-hint')}
        value={settings.sendWith}
        onChange={(sendWith) => change({ sendWith })}
        options={[
          { value: 'enter', label: words.say('look.enter') },
          { value: 'ctrl-enter', label: keyNames(os).command('↵') },
        ]}
      />
      <HistorySettings settings={settings} change={change} />
    </div>
  );
}

const DAYS = [0, 30, 90, 365] as const;
const MEGABYTES = [256, 1_024, 5_120] as const;

function HistorySettings({
  settings: { history },
  change,
}: {
  readonly settings: Settings;
  readonly change: (change: Partial<Settings>) => void;
}) {
  const words = useWords();
  const daysLabel = (days: number): string => {
    if (days === 0) return words.say('history.off');
    return days === 365 ? words.say('history.year') : words.say('history.n-days', { count: days });
  };
  const sizeLabel = (size: number): string =>
    size < 1_024
      ? words.say('history.megabytes', { count: size })
      : words.say('history.gigabytes', { count: size / 1_024 });
  return (
    <>
      <Segments
        label={words.say('history.days')}
        hint={words.say('history.days-hint')}
        value={String(history.days)}
        onChange={(days) => change({ history: { ...history, days: Number(days) } })}
        options={DAYS.map((days) => ({ value: String(days), label: daysLabel(days) }))}
      />
      {history.days > 0 && (
        <Segments
          label={words.say('history.size')}
          value={String(history.megabytes)}
          onChange={(size) => change({ history: { ...history, megabytes: Number(size) } })}
          options={MEGABYTES.map((size) => ({ value: String(size), label: sizeLabel(size) }))}
        />
      )}
    </>
  );
}
