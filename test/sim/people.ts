/**
 * What people do: the things a person can do at a window of the simulated team, drawn from the seed. Everything that may change the
 * team is written into the history before it is done, because the process may die in the middle of it.
 */
import type { ChannelView } from '../../electron/bridge/views.ts';
import type { Chance } from '../kit/chance.ts';
import type { DesktopNode } from './desktop-node.ts';
import { PASSWORD } from './template.ts';
import type { World } from './world.ts';

export const DEEDS = [
  'send',
  'flood',
  'edit',
  'delete',
  'retry',
  'discard',
  'look',
  'open',
  'scroll',
  'read',
  'unread',
  'draft',
  'type',
  'create',
  'direct',
  'join',
  'leave',
  'add',
  'remove',
  'change',
  'archive',
  'level',
  'presence',
  'rename',
  'reload',
  'revoke',
] as const;
export type Deed = (typeof DEEDS)[number];

export interface People {
  act(desktop: DesktopNode, deed: Deed): Promise<void>;
  /** Whoever was signed out signs in again. */
  signInAgain(desktop: DesktopNode): void;
}

export const isSignedOut = ({ team }: DesktopNode): boolean =>
  team?.team.wire.state === 'stopped' &&
  // A team whose record was damaged comes back signed out.
  (team.team.wire.why === 'session-ended' || team.team.wire.why === 'signed-out');

const WORDS = [
  'hello',
  'see the log',
  '你好',
  '請 @cho 看',
  '@ben',
  '@ada please',
  '@here',
  '@channel',
  '`@ada` in code',
  '🛰️',
  'night shift',
  '夜班',
];
const LONG = 'The pump on line four was changed at six. '.repeat(90);

export function createPeople(world: World, chance: Chance): People {
  const { history } = world;
  let count = 0;
  const text = (): string =>
    `${chance.happens(0.03) ? LONG : chance.pick(WORDS)} ${chance.pick(WORDS)} #${++count}`;
  const joined = (desktop: DesktopNode): ChannelView[] =>
    desktop.channels().filter(({ isJoined }) => isJoined);
  const somewhere = (desktop: DesktopNode): ChannelView | undefined => {
    const all = joined(desktop);
    return all.length > 0 ? chance.pick(all) : undefined;
  };

  /** An own message that may still be changed, as far as this person remembers. */
  const ownMessage = (
    desktop: DesktopNode,
  ): { readonly message: string; readonly channel: string } | undefined => {
    const member = world.memberAt(desktop.name);
    const own = history.all('entered').filter((moment) => moment.member === member);
    return own.length > 0 ? chance.pick(own.slice(-20)) : undefined;
  };

  const failed = (desktop: DesktopNode): string | undefined =>
    desktop.state?.timeline?.rows.flatMap((row) =>
      row.type === 'message' && row.delivery.state === 'failed' ? [row.id] : [],
    )[0];

  const send = async (desktop: DesktopNode, team: string, channel: string): Promise<void> => {
    const member = world.memberAt(desktop.name);
    const words = text();
    history.add({ kind: 'tried', member, channel, text: words });
    const sent = await desktop.call('message.send', { team, channel, text: words });
    if (sent?.ok)
      history.add({
        kind: 'entered',
        member,
        computer: desktop.name,
        channel,
        message: sent.value.id,
        text: words,
      });
  };

  const draft = async (
    desktop: DesktopNode,
    here: { readonly team: string; readonly channel: string },
    words: string,
  ): Promise<void> => {
    const done = await desktop.call('draft.set', { ...here, text: words });
    const atMs = world.clock.monotonic();
    if (done?.ok)
      history.add({
        kind: 'drafted',
        computer: desktop.name,
        channel: here.channel,
        text: words,
        atMs,
      });
  };

  /** Asks for something only the relay can decide; the answer comes when it comes. */
  const ask = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) => world.breaks(String(error)));

  /** The tokens may have stood on a page that was overwritten: the desktop comes back signed out. */
  const isDamaged = ({ name }: DesktopNode): boolean =>
    history.all('damaged').some(({ computer }) => computer === name);

  /** Whether anybody has ended a session; after that a restored store may end others too. */
  let isRevoked = false;
  const revoke = async (desktop: DesktopNode, team: string): Promise<void> => {
    isRevoked = true;
    const listed = await desktop.call('session.list', { team });
    const session = listed?.ok ? chance.pick(listed.value.sessions) : undefined;
    if (session && desktop.isUp && !desktop.isAsleep)
      await desktop.call('session.end', { team, session: session.id });
  };

  return {
    signInAgain: (desktop) => {
      const team = desktop.state?.teamOrder[0];
      if (desktop.isUp && !desktop.isAsleep && team !== undefined && isSignedOut(desktop)) {
        if (!isRevoked && !isDamaged(desktop))
          world.breaks(`sessions: ${desktop.name} was signed out by nobody`);
        world.note(`${desktop.name}: signs in again`);
        ask(desktop.call('team.sign-in-again', { team, password: PASSWORD }));
      }
    },
    act: async (desktop, deed) => {
      const team = desktop.state?.teamOrder[0];
      if (!desktop.isUp || desktop.isAsleep || team === undefined) return;
      const member = world.memberAt(desktop.name);
      const at = somewhere(desktop);
      if (deed === 'reload') return desktop.reload();
      if (deed === 'presence')
        return ask(
          desktop.call('presence.set', {
            team,
            presence: chance.pick(['here', 'away', 'dnd'] as const),
          }),
        );
      if (deed === 'rename')
        return ask(desktop.call('profile.set', { team, name: `${desktop.name} ${++count}` }));
      if (deed === 'join' || deed === 'create' || deed === 'direct')
        return meet(desktop, team, deed);
      if (!at) return;
      const here = { team, channel: at.id };
      switch (deed) {
        case 'send':
          return send(desktop, team, at.id);
        case 'flood':
          for (let left = chance.int(10, 45); left > 0 && desktop.isUp; left--)
            await send(desktop, team, at.id);
          return;
        case 'edit': {
          const own = ownMessage(desktop);
          if (!own) return;
          const words = text();
          history.add({ kind: 'revised', member, message: own.message, text: words });
          await desktop.call('message.edit', {
            team,
            channel: own.channel,
            message: own.message,
            text: words,
          });
          return;
        }
        case 'delete': {
          const own = ownMessage(desktop);
          if (!own) return;
          history.add({ kind: 'deleted', member, message: own.message });
          const done = await desktop.call('message.delete', {
            team,
            channel: own.channel,
            message: own.message,
          });
          // Taken back before it left.
          if (done?.ok) history.add({ kind: 'discarded', member, message: own.message });
          return;
        }
        case 'retry': {
          const message = failed(desktop);
          if (message !== undefined) await desktop.call('message.retry', { team, message });
          return;
        }
        case 'discard': {
          const message = failed(desktop);
          if (message === undefined) return;
          history.add({ kind: 'deleted', member, message });
          history.add({ kind: 'discarded', member, message });
          await desktop.call('message.discard', { team, message });
          return;
        }
        case 'look':
          desktop.host.idle = chance.pick([0, 0, 0, 400]);
          await desktop.call('view.look', {
            ...here,
            isAtEnd: chance.happens(0.7),
            isFocused: chance.happens(0.7),
          });
          return;
        case 'open': {
          const message = ownMessage(desktop)?.message;
          const where =
            chance.happens(0.2) && message !== undefined
              ? { message }
              : chance.pick(['unread', 'end'] as const);
          await desktop.call('timeline.open', { ...here, at: where });
          return;
        }
        case 'scroll': {
          const hole = desktop.state?.timeline?.rows.find((row) => row.type === 'hole');
          if (hole?.type === 'hole')
            ask(desktop.call('timeline.fill', { from: hole.from, to: hole.to }));
          else ask(desktop.call(chance.pick(['timeline.older', 'timeline.newer'] as const), {}));
          return;
        }
        case 'read':
          if (chance.happens(0.1)) await desktop.call('read.all', { team });
          else await desktop.call('read.mark', { ...here, seq: chance.int(0, at.head + 2) });
          return;
        case 'unread': {
          const row = desktop.state?.timeline?.rows.findLast(({ type }) => type === 'message');
          if (row?.type === 'message' && desktop.state?.timeline) {
            await desktop.call('read.unmark', {
              team,
              channel: desktop.state.timeline.channel,
              message: row.id,
            });
          }
          return;
        }
        case 'draft':
          return draft(desktop, here, chance.happens(0.3) ? '' : text());
        case 'type':
          await desktop.call('typing.tell', here);
          return;
        case 'leave':
          return ask(desktop.call('channel.leave', here));
        case 'add':
          return ask(
            desktop.call('channel.add', {
              ...here,
              member: chance.pick(Object.keys(desktop.team?.members ?? {})),
            }),
          );
        case 'remove':
          return ask(
            desktop.call('channel.remove', {
              ...here,
              member: chance.pick(Object.keys(desktop.team?.members ?? {})),
            }),
          );
        case 'change':
          return ask(
            desktop.call('channel.change', {
              ...here,
              ...(chance.happens(0.5) ? { topic: text() } : { name: `room ${++count}` }),
            }),
          );
        case 'archive':
          return ask(desktop.call('channel.archive', { ...here, isArchived: !at.isArchived }));
        case 'revoke':
          return ask(revoke(desktop, team));
        case 'level':
          await desktop.call('channel.level', {
            ...here,
            level: chance.pick(['all', 'mentions', 'none'] as const),
          });
          return;
      }
    },
  };

  function meet(desktop: DesktopNode, team: string, deed: 'join' | 'create' | 'direct'): void {
    const others = Object.keys(desktop.team?.members ?? {});
    if (deed === 'join') {
      const open = desktop.channels().filter(({ isJoined }) => !isJoined);
      if (open.length > 0)
        ask(desktop.call('channel.join', { team, channel: chance.pick(open).id }));
    } else if (desktop.channels().length > 8) return;
    else if (deed === 'direct')
      ask(
        desktop.call('channel.direct', { team, members: others.filter(() => chance.happens(0.5)) }),
      );
    else {
      const kind = chance.pick(['public', 'private'] as const);
      ask(
        desktop.call('channel.create', {
          team,
          kind,
          name: `room ${++count}`,
          topic: '',
          members: others.filter(() => chance.happens(0.5)),
        }),
      );
    }
  }
}
