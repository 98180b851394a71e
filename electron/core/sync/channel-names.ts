/**
 * What the channels of unsent messages and drafts are called. Written with the message or draft,
 * and at each start, while the channel is known; read when it is not. A name that no message or
 * draft needs is dropped at the next start.
 */
import type { ChannelName } from '../../bridge/views.ts';
import type { DraftRows } from '../cache/draft-rows.ts';
import type { Replica } from './replica.ts';

export interface ChannelNamesParts {
  readonly replica: Replica;
  readonly rows: DraftRows;
}

export interface ChannelNames {
  /** As it is now, or as it was last. Null: the channel was never known on this computer. */
  of(channel: string): ChannelName | null;
  /** Call it in the transaction that writes the message or draft. */
  remember(channel: string): void;
  /** Writes the names of these channels anew, and drops all others. */
  keepOnly(channels: ReadonlySet<string>): void;
}

export function createChannelNames({ replica, rows }: ChannelNamesParts): ChannelNames {
  const { key, me } = replica.team;
  const names = new Map(rows.names(key));

  const nameOf = (channel: string): ChannelName | undefined => {
    const facts = replica.channels.get(channel)?.facts;
    if (!facts) return undefined;
    const others = (facts.members ?? []).filter((member) => member !== me);
    const people = others.flatMap((member) => replica.members.get(member)?.name ?? []);
    return { kind: facts.kind, name: facts.name, people };
  };

  const remember = (channel: string): void => {
    const now = nameOf(channel);
    // Each time: whether the last transaction was kept is not known here.
    if (!now) return;
    rows.putName(key, channel, now);
    names.set(channel, now);
  };

  return {
    of: (channel) => nameOf(channel) ?? names.get(channel) ?? null,
    remember,
    keepOnly: (channels) => {
      for (const channel of [...names.keys()]) {
        if (channels.has(channel)) continue;
        rows.removeName(key, channel);
        names.delete(channel);
      }
      for (const channel of channels) remember(channel);
    },
  };
}
