/**
 * Writing: send, edit, delete, and what to do with what did not go out. All of it goes through the outbox, so all of it
 * works without the relay; and while everything is fetched anew, when nothing here can say what there is.
 */
import type { ChannelId, MessageId, OperationId } from '../../../protocol/ids.ts';
import { ok } from '../../../protocol/result.ts';
import type { CommandHandlers, Problem } from '../../bridge/commands.ts';
import type { CachedMessage } from '../cache/message-rows.ts';
import type { OutboxRow } from '../cache/outbox-rows.ts';
import { problem } from '../problems.ts';
import { messageLane } from '../sync/outbox.ts';
import type { Team } from '../teams/team.ts';
import { withTeam, type Answer, type CommandParts } from './core.ts';
import {
  checkChannel,
  checkText,
  ownRows,
  postRow,
  queueDelete,
  takeBack,
} from './outgoing-rows.ts';

type Names =
  | 'message.send'
  | 'message.retry'
  | 'message.discard'
  | 'message.edit'
  | 'message.delete'
  | 'message.why';

const DONE = ok(null);

export function createMessageCommands({ core }: CommandParts): Pick<CommandHandlers, Names> {
  const { newId } = core;

  const postOf = (team: Team, channel: string, message: string): OutboxRow | undefined =>
    team.outbox.ofMessage(channel, message).find((row) => row.frame.t === 'post' && !row.isOffer);

  const stored = (team: Team, channel: string, message: string): CachedMessage | undefined => {
    const known = team.replica.channels.get(channel);
    return known && team.cache.messages.byId(team.replica.team.key, known.key, message);
  };

  /** Not here, and yet it may be there: it is still to be fetched, or still to be said again. */
  const mayExist = (team: Team, channel: string, message: string): boolean =>
    team.isBeginningAnew ||
    team.outbox.ofMessage(channel, message).some((row) => row.frame.t === 'post');

  /**
   * A new message goes before the one that is being written there, an edit before the edit of its
   * message.
   */
  const keepAsDraft = (team: Team, channel: string, message: string, text: string): void => {
    const isPost = ownRows(team, message).some((row) => row.frame.t === 'post');
    const original = isPost ? null : (stored(team, channel, message)?.text ?? null);
    team.drafts.keep({ channel, message: isPost ? null : message }, text, original);
  };

  const retry = async (team: Team, message: string): Answer<null> => {
    const failed = ownRows(team, message).filter((row) => row.state === 'failed');
    if (failed.length === 0) return problem('not-found');
    for (const row of failed) team.outbox.retry(row);
    return DONE;
  };

  /**
   * By channel, the last message of this window that was refused: what was typed after it must not
   * overtake it.
   */
  const refused = new Map<string, { readonly message: string; readonly error: Problem }>();

  const send = (team: Team, channel: string, text: string, op: string): Problem | undefined => {
    const fault = checkText(team, text) ?? checkChannel(team, channel);
    if (fault) return fault;
    const key = { channel, message: null };
    team.outbox.add(postRow(channel, text, op), () => team.drafts.removeWithin(key));
    team.drafts.forget(key);
    return undefined;
  };

  return {
    'message.send': ({ team: id, channel, text, message, after }) =>
      withTeam(core, id, async (team) => {
        const op = message ?? newId();
        if (postOf(team, channel, op) ?? stored(team, channel, op)) return ok({ id: op });
        const place = `${id}/${channel}`;
        const before = refused.get(place);
        // Unless the disk takes it: an exception ends this command as well.
        refused.set(place, { message: op, error: { kind: 'unavailable' } });
        const error =
          before !== undefined && before.message === after
            ? before.error
            : send(team, channel, text, op);
        if (error) {
          refused.set(place, { message: op, error });
          return { ok: false, error };
        }
        refused.delete(place);
        return ok({ id: op });
      }),

    'message.retry': ({ team: id, message }) => withTeam(core, id, (team) => retry(team, message)),

    'message.discard': ({ team: id, message, asDraft = false }) =>
      withTeam(core, id, async (team) => {
        const rows = ownRows(team, message);
        const last = rows.findLast((row) => row.frame.t === 'post' || row.frame.t === 'edit');
        const row = last ?? rows.at(-1);
        if (!row) return problem('not-found');
        const text = last?.frame.t === 'post' || last?.frame.t === 'edit' ? last.frame.text : '';
        if (asDraft && text !== '') keepAsDraft(team, row.channel, message, text);
        takeBack(team, rows, newId);
        return ok({ text });
      }),

    'message.edit': ({ team: id, channel, message, text }) =>
      withTeam(core, id, async (team) => {
        const fault = checkText(team, text) ?? checkChannel(team, channel);
        if (fault) return { ok: false, error: fault };
        const post = postOf(team, channel, message);
        const key = { channel, message };
        if (post?.frame.t === 'post' && !team.outbox.mayHaveLeft(post)) {
          team.outbox.rewrite(post, { ...post.frame, text });
          team.drafts.set(key, '');
          return DONE;
        }
        const found = stored(team, channel, message);
        const isOwn = found
          ? found.author === team.record.me && !found.isDeleted
          : mayExist(team, channel, message);
        if (!isOwn) return problem('not-allowed');
        // An earlier edit that did not get through is outdone by this one.
        for (const row of team.outbox.ofMessage(channel, message))
          if (row.frame.t === 'edit' && row.state === 'failed') team.outbox.remove(row);
        const op = newId() as OperationId;
        const frame = {
          t: 'edit',
          op,
          channel: channel as ChannelId,
          message: message as MessageId,
          text,
        } as const;
        team.outbox.add({ op, lane: messageLane(channel), channel, message, frame }, () =>
          team.drafts.removeWithin(key),
        );
        team.drafts.forget(key);
        return DONE;
      }),

    'message.delete': ({ team: id, channel, message }) =>
      withTeam(core, id, async (team) => {
        const post = postOf(team, channel, message);
        if (post && !team.outbox.mayHaveLeft(post)) {
          for (const row of team.outbox.ofMessage(channel, message)) team.outbox.remove(row);
          return DONE;
        }
        if (!stored(team, channel, message) && !mayExist(team, channel, message))
          return problem('not-found');
        for (const row of team.outbox.ofMessage(channel, message))
          if (row.state === 'failed') team.outbox.remove(row);
        queueDelete(team, channel, message, newId);
        return DONE;
      }),

    'message.why': ({ team: id, message }) =>
      withTeam(core, id, async (team) =>
        ok(team.cache.teams.decision(team.replica.team.key, message) ?? null),
      ),
  };
}
