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

  const checkText = (team: Team, text: string): Problem | undefined => {
    if (text.trim() === '' || text.includes('\u0000') || !text.isWellFormed())
      return { kind: 'bad-request', field: 'text' };
    return Buffer.byteLength(text, 'utf8') > team.textBytes
      ? { kind: 'too-large', field: 'text' }
      : undefined;
  };

  const checkChannel = (team: Team, id: string): Problem | undefined => {
    const channel = team.replica.channels.get(id);
    if (channel?.isJoined !== true && team.isBeginningAnew) return undefined;
    if (!channel) return { kind: 'not-found' };
    if (!channel.isJoined) return { kind: 'not-allowed' };
    return channel.facts.isArchived ? { kind: 'archived' } : undefined;
  };

  const postOf = (team: Team, channel: string, message: string): OutboxRow | undefined =>
    team.outbox.ofMessage(channel, message).find((row) => row.frame.t === 'post' && !row.isOffer);

  const queueDelete = (team: Team, channel: string, message: string): void => {
    const op = newId() as OperationId;
    const frame = {
      t: 'delete',
      op,
      channel: channel as ChannelId,
      message: message as MessageId,
    } as const;
    team.outbox.add({ op, lane: messageLane(channel), channel, message, frame });
  };

  const ownRows = (team: Team, message: string): readonly OutboxRow[] =>
    team.outbox.rows.filter((row) => row.message === message && !row.isOffer);

  const stored = (team: Team, channel: string, message: string): CachedMessage | undefined => {
    const known = team.replica.channels.get(channel);
    return known && team.cache.messages.byId(team.replica.team.key, known.key, message);
  };

  /** Not here, and yet it may be there: it is still to be fetched, or still to be said again. */
  const mayExist = (team: Team, channel: string, message: string): boolean =>
    team.isBeginningAnew ||
    team.outbox.ofMessage(channel, message).some((row) => row.frame.t === 'post');

  const retry = async (team: Team, message: string): Answer<null> => {
    const failed = ownRows(team, message).filter((row) => row.state === 'failed');
    if (failed.length === 0) return problem('not-found');
    for (const row of failed) team.outbox.retry(row);
    return DONE;
  };

  return {
    'message.send': ({ team: id, channel, text }) =>
      withTeam(core, id, async (team) => {
        const fault = checkText(team, text) ?? checkChannel(team, channel);
        if (fault) return { ok: false, error: fault };
        const op = newId() as MessageId;
        const frame = { t: 'post', op, channel: channel as ChannelId, text } as const;
        team.outbox.add({ op, lane: messageLane(channel), channel, message: op, frame }, () =>
          team.drafts.clearWithin(channel),
        );
        return ok({ id: op });
      }),

    'message.retry': ({ team: id, message }) => withTeam(core, id, (team) => retry(team, message)),

    'message.discard': ({ team: id, message }) =>
      withTeam(core, id, async (team) => {
        const rows = ownRows(team, message);
        const last =
          rows.findLast((row) => row.frame.t === 'post' || row.frame.t === 'edit') ?? rows.at(-1);
        if (!last) return problem('not-found');
        const text = last.frame.t === 'post' || last.frame.t === 'edit' ? last.frame.text : '';
        const mayBeThere = rows.some(
          (row) => row.frame.t === 'post' && team.outbox.mayHaveLeft(row),
        );
        if (mayBeThere) {
          // Perhaps the relay has it and its answer was lost: what is taken back here is taken back there.
          queueDelete(team, last.channel, message);
          return ok({ text });
        }
        for (const row of rows)
          if (row.frame.t === 'post' || row.state === 'failed' || !team.outbox.mayHaveLeft(row))
            team.outbox.remove(row);
        return ok({ text });
      }),

    'message.edit': ({ team: id, channel, message, text }) =>
      withTeam(core, id, async (team) => {
        const fault = checkText(team, text) ?? checkChannel(team, channel);
        if (fault) return { ok: false, error: fault };
        const post = postOf(team, channel, message);
        if (post?.frame.t === 'post' && !team.outbox.mayHaveLeft(post)) {
          team.outbox.rewrite(post, { ...post.frame, text });
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
        team.outbox.add({ op, lane: messageLane(channel), channel, message, frame });
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
        queueDelete(team, channel, message);
        return DONE;
      }),

    'message.why': ({ team: id, message }) =>
      withTeam(core, id, async (team) =>
        ok(team.cache.teams.decision(team.replica.team.key, message) ?? null),
      ),
  };
}
