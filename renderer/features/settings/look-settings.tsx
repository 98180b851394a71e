/** How the window looks and reads: theme, language, density, and which key sends. */
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
    </div>
  );
}
