/** The one polite live region. Fed by the store: each new message is said once, "Lin: text", wherever its row is drawn. */
import { useWords } from '../../i18n/context.tsx';
import { stateOf } from '../../state/selectors.ts';
import { useWindow } from './context.tsx';

const SPOKEN_LENGTH = 300;

export function LiveRegion() {
  const words = useWords();
  const announcement = useWindow((model) => model.ui.announcement);
  const members = useWindow((model) => {
    const state = stateOf(model);
    return state?.timeline ? state.teams[state.timeline.team]?.members : undefined;
  });
  const lines =
    announcement === null
      ? []
      : [
          ...announcement.messages.map(({ author, text }) =>
            words.say('talk.announce', {
              name: members?.[author]?.name ?? words.say('people.unknown'),
              text: text.slice(0, SPOKEN_LENGTH),
            }),
          ),
          ...(announcement.messages.length === 0 && announcement.count > 0
            ? [words.say('talk.n-new', { count: announcement.count })]
            : []),
          ...(announcement.hasFailed ? [words.say('talk.announce-failed')] : []),
        ];
  return (
    <div
      className="unseen"
      role="status"
      aria-live="polite"
      aria-atomic="false"
      aria-relevant="additions"
      data-live
    >
      {lines.map((line, at) => (
        <p key={`${announcement?.n}-${at}`}>{line}</p>
      ))}
    </div>
  );
}
