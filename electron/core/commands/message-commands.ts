/**
 * Writing: send, edit, delete, and what to do with what did not go out. All of it goes through the outbox, so all of it
 * works without the relay.
 */
import type { MessageId, OperationId } from '../../../protocol/ids.ts';
import { ok } from '../../../protocol/result.ts';
import type { CommandHandlers, Problem } from '../../bridge/commands.ts';
import type { OutboxRow } from '../cache/outbox-rows.ts';
import { problem } from '../problems.ts';
import { messageLane } from '../sync/outbox.ts';
import type { ChannelState } from '../sync/replica.ts';
import type { Team } from '../teams/team.ts';
import { withChannel, withTeam, type Answer, type CommandParts } from './core.ts';

type Names = 'message.send' | 'message.retry' | 'message.discard' | 'message.edit' | 'message.delete' | 'message.why';

const DONE = ok(null);

export function createMessageCommands({ core }: CommandParts): Pick<CommandHandlers, Names> {
  const { newId } = core;

  const checkText = (team: Team, text: string): Problem | undefined => {
    if (text.trim() === '' || text.includes('\u0000') || !text.isWellFormed()) return { kind: 'bad-request', field: 'text' };
    return Buffer.byteLength(text, 'utf8') > team.textBytes ? { kind: 'too-large', field: 'text' } : undefined;
  };

  const checkChannel = (channel: ChannelState): Problem | undefined => {
    if (!channel.isJoined) return { kind: 'not-allowed' };
    return channel.facts.isArchived ? { kind: 'archived' } : undefined;
  };

  const postOf = (team: Team, channel: ChannelState, message: string): OutboxRow | undefined =>
    team.outbox.ofMessage(channel.id, message).find((row) => row.frame.t === 'post' && !row.isOffer);

  const queueDelete = (team: Team, channel: ChannelState, message: string): void => {
    const op = newId() as OperationId;
    const frame = { t: 'delete', op, channel: channel.id, message: message as MessageId } as const;
    team.outbox.add({ op, lane: messageLane(channel.id), channel: channel.id, message, frame });
  };

  const ownRows = (team: Team, message: string): readonly OutboxRow[] =>
    team.outbox.rows.filter((row) => row.message === message && !row.isOffer);

  /** A message, or a change of one, that is still here: as it is on its way, or in the cache. */
  const isOwn = (team: Team, channel: ChannelState, message: string): boolean => {
    const stored = team.cache.messages.byId(team.replica.team.key, channel.key, message);
    return stored?.author === team.record.me && !stored.isDeleted;
  };

  const retry = async (team: Team, message: string): Answer<null> => {
    const failed = ownRows(team, message).filter((row) => row.state === 'failed');
    if (failed.length === 0) return problem('not-found');
    for (const row of failed) team.outbox.retry(row);
    return DONE;
  };

  return {
    'message.send': (input) =>
      withChannel(core, input, async (team, channel) => {
        const fault = checkText(team, input.text) ?? checkChannel(channel);
        if (fault) return { ok: false, error: fault };
        const op = newId() as MessageId;
        const frame = { t: 'post', op, channel: channel.id, text: input.text } as const;
        team.outbox.add({ op, lane: messageLane(channel.id), channel: channel.id, message: op, frame }, () =>
          team.drafts.clearWithin(channel.id),
        );
        return ok({ id: op });
      }),

    'message.retry': ({ team: id, message }) => withTeam(core, id, (team) => retry(team, message)),

    'message.discard': ({ team: id, message }) =>
      withTeam(core, id, async (team) => {
        const rows = ownRows(team, message);
        const last = rows.findLast((row) => row.frame.t === 'post' || row.frame.t === 'edit') ?? rows.at(-1);
        if (!last) return problem('not-found');
        const text = last.frame.t === 'post' || last.frame.t === 'edit' ? last.frame.text : '';
        const mayBeThere = rows.some((row) => row.frame.t === 'post' && team.outbox.mayHaveLeft(row));
        if (mayBeThere) {
          // Perhaps the relay has it and its answer was lost: what is taken back here is taken back there.
          const channel = team.replica.channels.get(last.channel);
          if (channel) queueDelete(team, channel, message);
          return ok({ text });
        }
        for (const row of rows)
          if (row.frame.t === 'post' || row.state === 'failed' || !team.outbox.mayHaveLeft(row)) team.outbox.remove(row);
        return ok({ text });
      }),

    'message.edit': (input) =>
      withChannel(core, input, async (team, channel) => {
        const fault = checkText(team, input.text) ?? checkChannel(channel);
        if (fault) return { ok: false, error: fault };
        const post = postOf(team, channel, input.message);
        if (post?.frame.t === 'post' && !team.outbox.mayHaveLeft(post)) {
          team.outbox.rewrite(post, { ...post.frame, text: input.text });
          return DONE;
        }
        if (!post && !isOwn(team, channel, input.message)) return problem('not-allowed');
        // An earlier edit that did not get through is outdone by this one.
        for (const row of team.outbox.ofMessage(channel.id, input.message))
          if (row.frame.t === 'edit' && row.state === 'failed') team.outbox.remove(row);
        const op = newId() as OperationId;
        const frame = { t: 'edit', op, channel: channel.id, message: input.message as MessageId, text: input.text } as const;
        team.outbox.add({ op, lane: messageLane(channel.id), channel: channel.id, message: input.message, frame });
        return DONE;
      }),

    'message.delete': (input) =>
      withChannel(core, input, async (team, channel) => {
        const post = postOf(team, channel, input.message);
        if (post && !team.outbox.mayHaveLeft(post)) {
          for (const row of team.outbox.ofMessage(channel.id, input.message)) team.outbox.remove(row);
          return DONE;
        }
        if (!post && !team.cache.messages.byId(team.replica.team.key, channel.key, input.message)) return problem('not-found');
        for (const row of team.outbox.ofMessage(channel.id, input.message)) if (row.state === 'failed') team.outbox.remove(row);
        queueDelete(team, channel, input.message);
        return DONE;
      }),

    'message.why': ({ team: id, message }) =>
      withTeam(core, id, async (team) => ok(team.cache.teams.decision(team.replica.team.key, message) ?? null)),
  };
}
