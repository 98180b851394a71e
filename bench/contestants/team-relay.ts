/** A relay with one person at a desktop and one who talks: what the desktop's questions need at the other end of the line. TLS is on. */
import { join } from 'node:path';
import type { Channel } from '../../protocol/entities.ts';
import { channelFeed, type ChannelId, type MemberId, type MessageId } from '../../protocol/ids.ts';
import { systemRandom as random } from '../../server/adapters/system-clock.ts';
import { newId } from '../../server/auth/new-id.ts';
import { found } from '../../server/domain/channels.ts';
import { createMember } from '../../server/domain/members.ts';
import { startRelay, type Relay } from '../../server/relay.ts';
import { bodiesOf } from '../kit/bodies.ts';
import { answer } from '../kit/remote.ts';

export interface Invitation {
  readonly address: string;
  readonly fingerprint: string | null;
  readonly code: string;
}

const body = bodiesOf(200);
let relay: Relay | undefined;
let talker: MemberId | undefined;
let said = 0;
const channels: ChannelId[] = [];

const current = (): Relay => {
  if (relay === undefined) throw new Error('the relay was not started');
  return relay;
};

answer({
  start: async ({ folder }: { readonly folder: string }): Promise<Invitation> => {
    relay = await startRelay({ data: join(folder, 'relay'), host: '127.0.0.1', port: 0 });
    return {
      address: `127.0.0.1:${relay.port}`,
      fingerprint: relay.fingerprint,
      code: relay.setupCode ?? '',
    };
  },

  /** Makes channels with everybody in the team and the talker in them. */
  makeChannels: async ({ count }: { readonly count: number }) => {
    const { store } = current();
    const now = Date.now();
    const by = (talker ??= newId<MemberId>(random));
    if ((await store.member(by)) === undefined) {
      await store.write((tx) =>
        createMember(tx, { id: by, handle: 'talker', name: 'Talker', role: 'member' }, now),
      );
    }
    const members = (await store.members()).map(({ id }) => id);
    for (let i = 0; i < count; i++) {
      const id = newId<ChannelId>(random);
      const channel: Channel = {
        id,
        kind: 'private',
        name: `channel-${i}`,
        topic: '',
        isArchived: false,
        createdAt: now,
        createdBy: by,
        seq: 1,
      };
      await store.write((tx) => found({ tx, by }, channel, members, { op: null }));
      channels.push(id);
    }
  },

  /** The talker says so many messages in each channel, the channels in turn. */
  talk: async ({ each }: { readonly each: number }) => {
    const { store } = current();
    const by = talker;
    if (by === undefined) throw new Error('there is nobody to talk');
    await store.write(async (tx) => {
      for (let i = 0; i < each; i++) {
        for (const channel of channels) {
          const op =
            `01900000-0000-7000-8000-${(said++).toString(16).padStart(12, '0')}` as MessageId;
          await tx.append(channelFeed(channel), {
            by,
            kind: 'posted',
            op,
            body: { id: op, text: body(said) },
          });
        }
      }
    });
  },
});
