/**
 * What is true only now and kept nowhere: who is here, who is typing. A typing sign not renewed is over after six
 * seconds, or when the message comes. With a new line everything starts empty; the relay tells it anew.
 */
import type { Presence } from '../../../protocol/entities.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { Changes } from '../events/changes.ts';
import type { Clock } from '../ports.ts';

export interface LiveStateParts {
  readonly team: string;
  readonly me: string;
  readonly clock: Clock;
  readonly changes: Changes;
}

export interface LiveState {
  presence(): Record<string, Presence>;
  presenceOf(member: string): Presence;
  typing(): Record<string, string[]>;
  typingIn(channel: string): string[];
  putPresence(members: Readonly<Record<string, Presence>>): void;
  putTyping(channel: string, member: string): void;
  /** They posted: no longer typing. */
  hasPosted(channel: string, member: string): void;
  clear(): void;
  dispose(): void;
}

export function createLiveState({ team, me, clock, changes }: LiveStateParts): LiveState {
  const here = new Map<string, Presence>();
  /** channel → member → what ends it. */
  const typing = new Map<string, Map<string, () => void>>();

  const stop = (channel: string, member: string): void => {
    const there = typing.get(channel);
    const cancel = there?.get(member);
    if (!there || !cancel) return;
    cancel();
    there.delete(member);
    if (there.size === 0) typing.delete(channel);
    changes.typing(team, channel);
  };

  const stopAll = (): void => {
    for (const [channel, there] of [...typing])
      for (const member of [...there.keys()]) stop(channel, member);
  };

  return {
    presence: () => Object.fromEntries(here),
    presenceOf: (member) => here.get(member) ?? 'gone',
    typing: () =>
      Object.fromEntries([...typing].map(([channel, there]) => [channel, [...there.keys()]])),
    typingIn: (channel) => [...(typing.get(channel)?.keys() ?? [])],
    putPresence: (members) => {
      for (const [member, presence] of Object.entries(members)) {
        if (presence === 'gone') here.delete(member);
        else here.set(member, presence);
        changes.presence(team, member);
      }
    },
    putTyping: (channel, member) => {
      if (member === me) return;
      const there = typing.get(channel) ?? new Map<string, () => void>();
      typing.set(channel, there);
      there.get(member)?.();
      const isNew = !there.has(member);
      there.set(
        member,
        clock.after(DEFAULT_LIMITS.signalTtlMs, () => stop(channel, member)),
      );
      if (isNew) changes.typing(team, channel);
    },
    hasPosted: stop,
    clear: () => {
      stopAll();
      for (const member of [...here.keys()]) {
        here.delete(member);
        changes.presence(team, member);
      }
    },
    dispose: stopAll,
  };
}
