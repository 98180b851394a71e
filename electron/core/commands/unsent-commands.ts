/**
 * Drafts, and what the person can do with texts that were not sent: read the whole of one, send it
 * elsewhere, discard it.
 */
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { ok } from '../../../protocol/result.ts';
import type { CommandHandlers } from '../../bridge/commands.ts';
import type { Draft } from '../cache/draft-rows.ts';
import type { OutboxRow } from '../cache/outbox-rows.ts';
import { problem } from '../problems.ts';
import type { Team } from '../teams/team.ts';
import { draftKey, outboxKey, unsentRows } from '../views/unsent.ts';
import { withTeam, type CommandParts } from './core.ts';
import { checkChannel, checkText, ownRows, postRow, takeBack } from './outgoing-rows.ts';

type Names = 'draft.get' | 'draft.set' | 'unsent.text' | 'unsent.send' | 'unsent.discard';

type Unsent =
  | { readonly kind: 'draft'; readonly text: string; readonly draft: Draft }
  | { readonly kind: 'rows'; readonly text: string; readonly rows: readonly OutboxRow[] };

const DONE = ok(null);

export function createUnsentCommands({ core }: CommandParts): Pick<CommandHandlers, Names> {
  const { newId } = core;

  const find = (team: Team, key: string): Unsent | undefined => {
    for (const draft of team.drafts.all)
      if (draftKey(draft) === key) return { kind: 'draft', text: draft.text, draft };
    for (const [message, { text }] of unsentRows(team))
      if (outboxKey(message) === key) return { kind: 'rows', text, rows: ownRows(team, message) };
    return undefined;
  };

  return {
    'draft.get': ({ team: id, channel, message = null }) =>
      withTeam(core, id, async (team) => {
        const draft = team.drafts.get({ channel, message });
        return ok({ text: draft?.text ?? '', original: draft?.original ?? null });
      }),

    'draft.set': ({ team: id, channel, message = null, text, original }) =>
      withTeam(core, id, async (team) => {
        if (Buffer.byteLength(text, 'utf8') > DEFAULT_LIMITS.draftBytes)
          return problem('too-large', { field: 'text' });
        team.drafts.set({ channel, message }, text, original);
        return DONE;
      }),

    'unsent.text': ({ team: id, key }) =>
      withTeam(core, id, async (team) => {
        const found = find(team, key);
        return found ? ok({ text: found.text }) : problem('not-found');
      }),

    'unsent.send': ({ team: id, key, channel }) =>
      withTeam(core, id, async (team) => {
        const found = find(team, key);
        if (!found) return problem('not-found');
        const fault = checkText(team, found.text) ?? checkChannel(team, channel);
        if (fault) return { ok: false, error: fault };
        const op = newId();
        team.outbox.add(postRow(channel, found.text, op), () => {
          if (found.kind === 'draft') team.drafts.removeWithin(found.draft);
        });
        // Two commits where it was a message: a crash between them leaves it in both places, and
        // never in none.
        if (found.kind === 'draft') team.drafts.forget(found.draft);
        else takeBack(team, found.rows, newId);
        return ok({ id: op });
      }),

    'unsent.discard': ({ team: id, key }) =>
      withTeam(core, id, async (team) => {
        const found = find(team, key);
        if (!found) return problem('not-found');
        if (found.kind === 'rows') takeBack(team, found.rows, newId);
        else {
          team.drafts.set(found.draft, '');
          team.drafts.flush();
        }
        return ok({ text: found.text });
      }),
  };
}
