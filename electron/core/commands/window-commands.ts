/**
 * What concerns the window itself: its snapshot, what it looks at, settings, and the few things it may do outside.
 */
import { ok } from '../../../protocol/result.ts';
import type { CommandHandlers } from '../../bridge/commands.ts';
import { wordingFor } from '../notify/wording.ts';
import { problem } from '../problems.ts';
import type { CommandParts } from './core.ts';
import { safeLink } from './safe-link.ts';

type Names =
  | 'open'
  | 'request.took'
  | 'notice.dismiss'
  | 'settings.set'
  | 'link.open'
  | 'clipboard.write'
  | 'notification.test'
  | 'view.look';

const DONE = ok(null);

export function createWindowCommands({ core, window }: CommandParts): Pick<CommandHandlers, Names> {
  return {
    open: async () => ok(window.snapshot()),
    'request.took': async ({ n }) => {
      core.tookRequest(n);
      return DONE;
    },
    'notice.dismiss': async ({ id }) => {
      core.dismissNotice(id);
      return DONE;
    },
    'settings.set': async ({ settings }) => {
      core.setSettings(settings);
      return DONE;
    },
    'link.open': async ({ url }) => {
      const safe = safeLink(url);
      if (safe === undefined) return problem('bad-link');
      await core.host.openLink(safe);
      return DONE;
    },
    'clipboard.write': async ({ text }) => {
      core.host.writeClipboard(text);
      return DONE;
    },
    'notification.test': async () => {
      const words = wordingFor(core.settings().language, core.host.locale);
      const route = { team: '', channel: '', message: '' };
      const answer = await core.notifier.show({
        tag: 'test',
        title: words.testTitle,
        body: words.testBody,
        isSilent: false,
        route,
      });
      if (answer === 'failed') core.notificationFailed();
      return ok(answer);
    },
    'view.look': async (look) => {
      window.look = look;
      for (const team of core.teams.all) team.looked(team.id === look.team ? look.channel : null);
      return DONE;
    },
  };
}
