/** The whole window: title bar, rail, side panel, conversation; or the welcome where there is no team; and what floats over it. */
import { useEffect, useMemo } from 'react';
import { useWords, WordsProvider } from '../../i18n/context.tsx';
import { chooseLanguage, createWords } from '../../i18n/words.ts';
import { channelOf, stateOf, teamOf } from '../../state/selectors.ts';
import { cx } from '../../ui/cx.ts';
import { useMedia } from '../../ui/hooks.ts';
import { channelMention } from '../shell/channel-title.ts';
import { Notices } from '../shell/notices.tsx';
import { Rail } from '../shell/rail.tsx';
import { Sidebar } from '../shell/sidebar.tsx';
import { Talk } from '../shell/talk.tsx';
import { TitleBar } from '../shell/title-bar.tsx';
import { Welcome } from '../welcome/welcome.tsx';
import { useCommands, useWindow } from './context.tsx';
import { LiveRegion } from './live-region.tsx';
import { Overlays } from './overlays.tsx';
import { RemarkLine } from './remark-line.tsx';
import { useShortcuts } from './shortcuts.ts';
import styles from './app.module.css';

export function App() {
  const isReady = useWindow((model) => model.snapshot !== null);
  const language = useWindow((model) => {
    const state = stateOf(model);
    return chooseLanguage(
      state?.settings.language ?? 'system',
      state?.app.locale ?? navigator.language,
    );
  });
  const locale = useWindow((model) => stateOf(model)?.app.locale ?? '');
  const words = useMemo(() => createWords(language, locale), [language, locale]);
  useLook(language);
  return <WordsProvider words={words}>{isReady && <Frame />}</WordsProvider>;
}

function Frame() {
  const commands = useCommands();
  const hasTeam = useWindow((model) => teamOf(model) !== null);
  const isWelcome = useWindow((model) => model.ui.welcome !== null);
  const isSideOpen = useWindow((model) => model.ui.isSideOpen);
  useShortcuts();
  useTitle();
  if (!hasTeam) {
    return (
      <>
        <Welcome />
        <div className={styles['notices-over']}>
          <Notices />
        </div>
        <RemarkLine />
      </>
    );
  }
  return (
    <div className={cx(styles['app'], isSideOpen && styles['unfolded'])}>
      <TitleBar />
      <Rail />
      {isWelcome ? (
        <Welcome isInside />
      ) : (
        <>
          <Sidebar />
          <Talk />
        </>
      )}
      {isSideOpen && (
        <div aria-hidden className={styles['scrim']} onClick={() => commands.showSide(false)} />
      )}
      <Overlays />
      <RemarkLine />
      <LiveRegion />
    </div>
  );
}

/** The window is called by what it shows, with what is for the person before it. */
function useTitle(): void {
  const words = useWords();
  const team = useWindow((model) => teamOf(model)?.team.name);
  const members = useWindow((model) => teamOf(model)?.members);
  const channel = useWindow(channelOf);
  const calls = useWindow((model) =>
    Object.values(stateOf(model)?.teams ?? {}).reduce((sum, one) => sum + one.team.mentions, 0),
  );
  const place =
    channel !== null && members !== undefined ? channelMention(channel, members, words) : undefined;
  const title = [place, team, 'Landline'].filter((part) => part !== undefined).join(' \u00b7 ');
  useEffect(() => {
    document.title = calls > 0 ? `(${calls}) ${title}` : title;
  }, [calls, title]);
}

/** Theme, density and language of the page follow the settings; the theme also the system. */
function useLook(language: string): void {
  const theme = useWindow((model) => stateOf(model)?.settings.theme ?? 'system');
  const density = useWindow((model) => stateOf(model)?.settings.density ?? 'comfortable');
  const isSystemDark = useMedia('(prefers-color-scheme: dark)');
  useEffect(() => {
    const { dataset } = document.documentElement;
    dataset['theme'] = theme === 'system' ? (isSystemDark ? 'dark' : 'light') : theme;
    dataset['density'] = density;
    document.documentElement.lang = language;
  }, [theme, density, isSystemDark, language]);
}
