/**
 * Whom a message calls, kept as bits beside it, so that counting mentions is one comparison in SQL.
 */
import { findMentions } from '../../../protocol/mentions.ts';

export const CALLS = { me: 1, here: 2, channel: 4 } as const;

/** Which calls count as a mention of oneself. */
export const callsMask = (ignoreChannelMentions: boolean): number =>
  ignoreChannelMentions ? CALLS.me | CALLS.here : CALLS.me | CALLS.here | CALLS.channel;

export function callsOf(
  text: string,
  myHandle: string,
  isKnown: (handle: string) => boolean,
): number {
  let calls = 0;
  for (const { whom, handle } of findMentions(text, isKnown)) {
    if (whom === 'here') calls |= CALLS.here;
    else if (whom === 'channel') calls |= CALLS.channel;
    else if (handle === myHandle) calls |= CALLS.me;
  }
  return calls;
}
