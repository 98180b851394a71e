/**
 * Drafts and unsent texts of the fake bridge: kept in memory, and shown as the core would show
 * them.
 */
import type { CommandHandlers } from '../../electron/bridge/commands.ts';
import type { UnsentView } from '../../electron/bridge/views.ts';
import type { createChannelChanges } from './fake-channels.ts';
import { fail, ok, type FakeCore } from './fake-core.ts';

type Names = 'draft.get' | 'draft.set' | 'unsent.text' | 'unsent.send' | 'unsent.discard';

export interface FakeUnsentParts {
  readonly core: FakeCore;
  readonly changeChannel: ReturnType<typeof createChannelChanges>['changeChannel'];
  readonly send: CommandHandlers['message.send'];
}

export const draftId = (team: string, channel: string, message?: string): string =>
  message === undefined ? `${team}/${channel}` : `${team}/${channel}/${message}`;

export function createUnsentAnswers({
  core,
  changeChannel,
  send,
}: FakeUnsentParts): Pick<CommandHandlers, Names> {
  const originals = new Map<string, string>();
  const find = (team: string, key: string): UnsentView | undefined => core.team(team).unsent[key];
  const remove = (team: string, key: string): void =>
    core.emit({ kind: 'unsent', team, put: [], gone: [key] });

  return {
    'draft.get': async ({ team, channel, message }) => {
      const id = draftId(team, channel, message);
      return ok({ text: core.drafts.get(id) ?? '', original: originals.get(id) ?? null });
    },
    'draft.set': async ({ team, channel, message, text, original }) => {
      const id = draftId(team, channel, message);
      if (text === '') core.drafts.delete(id);
      else core.drafts.set(id, text);
      if (original !== undefined) originals.set(id, original);
      const known = core.team(team).channels[channel];
      if (message !== undefined) {
        const key = `edit/${channel}/${message}`;
        const put: UnsentView = {
          key,
          kind: 'edit-draft',
          channel,
          name: null,
          where: 'here',
          message,
          isDeleted: false,
          excerpt: text,
          at: core.now(),
          why: null,
        };
        core.emit({
          kind: 'unsent',
          team,
          put: text === '' ? [] : [put],
          gone: text === '' ? [key] : [],
        });
      } else if (known && known.hasDraft !== (text !== ''))
        changeChannel(team, channel, { hasDraft: text !== '' });
      return ok(null);
    },
    'unsent.text': async ({ team, key }) => {
      const found = find(team, key);
      return found ? ok({ text: found.excerpt }) : fail('not-found');
    },
    'unsent.send': async ({ team, key, channel }) => {
      const found = find(team, key);
      if (!found) return fail('not-found');
      remove(team, key);
      return send({ team, channel, text: found.excerpt });
    },
    'unsent.discard': async ({ team, key }) => {
      const found = find(team, key);
      if (!found) return fail('not-found');
      remove(team, key);
      return ok({ text: found.excerpt });
    },
  };
}
