/**
 * Passes each named change on to everybody who listens: the windows, and the icon outside of them.
 */
import type { Changes } from './changes.ts';

export interface Broadcast {
  readonly changes: Changes;
  listen(listener: Changes): () => void;
}

export function broadcast(): Broadcast {
  const listeners = new Set<Changes>();
  const all = (tell: (one: Changes) => void): void => {
    for (const listener of listeners) tell(listener);
  };
  return {
    changes: {
      settings: () => all((one) => one.settings()),
      teamOrder: () => all((one) => one.teamOrder()),
      teamState: (team) => all((one) => one.teamState(team)),
      teamGone: (team) => all((one) => one.teamGone(team)),
      team: (team) => all((one) => one.team(team)),
      channel: (team, channel) => all((one) => one.channel(team, channel)),
      member: (team, member) => all((one) => one.member(team, member)),
      unsent: (team) => all((one) => one.unsent(team)),
      presence: (team, member) => all((one) => one.presence(team, member)),
      typing: (team, channel) => all((one) => one.typing(team, channel)),
      message: (team, channel, message) => all((one) => one.message(team, channel, message)),
      note: (team, channel, seq) => all((one) => one.note(team, channel, seq)),
      stretch: (team, channel) => all((one) => one.stretch(team, channel)),
      requests: () => all((one) => one.requests()),
      notices: () => all((one) => one.notices()),
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
