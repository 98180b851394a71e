/** The contract of the store port, over every adapter there is: who is where, the directory, the rows of sign-in, and backups. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TEAM_FEED, channelFeed, memberFeed } from '../../protocol/ids.ts';
import type { ChannelId, MemberId, SessionId } from '../../protocol/ids.ts';
import { BackupElsewhere, type Store, type WriteTx } from '../../server/ports/store.ts';
import {
  ADA,
  ADAPTERS,
  ALL,
  BO,
  channelId,
  channelOf,
  memberId,
  memberOf,
  said,
  useStore,
} from '../kit/store-house.ts';

describe.each(ADAPTERS)('a store ($name)', (adapter) => {
  const house = useStore(adapter);
  const feed = channelFeed(channelId(1));

  describe('who is where', () => {
    const join = (channel: ChannelId, member: MemberId) =>
      house.store.write((tx) =>
        tx.addToChannel(channel, member, { readSeq: 4, level: 'mentions' }),
      );

    test('is what was put there', async () => {
      await join(channelId(1), BO);
      await join(channelId(1), ADA);
      expect(await house.store.roster(channelId(1))).toEqual([ADA, BO]);
      expect(await house.store.isInChannel(channelId(1), BO)).toBe(true);
      expect(await house.store.memberCount(channelId(1))).toBe(2);
      await house.store.write((tx) => tx.removeFromChannel(channelId(1), BO));
      expect(await house.store.roster(channelId(1))).toEqual([ADA]);
      expect(await house.store.isInChannel(channelId(1), BO)).toBe(false);
    });

    test('is one question with who they are and what the channel is, whatever of it there is', async () => {
      await join(channelId(1), BO);
      const [member, channel] = [
        await house.store.member(BO),
        await house.store.channel(channelId(1)),
      ];
      expect([member?.name, channel?.id]).toEqual(['bo', channelId(1)]);
      expect(await house.store.standing(channelId(1), BO)).toEqual({ member, channel, isIn: true });
      expect(await house.store.standing(channelId(1), ADA)).toEqual({
        member: await house.store.member(ADA),
        channel,
        isIn: false,
      });
      const [nobody, nowhere] = [
        '00000000-0000-4000-8000-0000000000ff' as MemberId,
        channelId(9_999),
      ];
      expect(await house.store.standing(channelId(1), nobody)).toEqual({
        member: undefined,
        channel,
        isIn: false,
      });
      expect(await house.store.standing(nowhere, BO)).toEqual({
        member,
        channel: undefined,
        isIn: false,
      });
    });

    test('comes with the read mark and level of each channel', async () => {
      await join(channelId(1), ADA);
      await house.store.write(async (tx) => {
        await tx.putReadMark(channelId(1), ADA, 9);
        await tx.putLevel(channelId(1), ADA, 'none');
      });
      expect(await house.store.readMark(channelId(1), ADA)).toBe(9);
      expect(await house.store.memberChannels(ADA)).toEqual([
        { channel: channelOf(channelId(1)), readSeq: 9, level: 'none' },
      ]);
      expect(await house.store.channelCount(ADA)).toBe(1);
      expect([
        await house.store.memberChannels(BO),
        await house.store.channelCount(BO),
        await house.store.readMark(channelId(1), BO),
      ]).toEqual([[], 0, 0]);
    });

    test('is not who made a channel: those are counted for good, conversations of two apart', async () => {
      const made = (n: number, kind: 'private' | 'group' | 'direct', createdBy: MemberId) =>
        channelOf(channelId(n), {
          kind,
          createdBy,
          ...(kind === 'private' ? {} : { members: [ADA, memberId(n)] }),
        });
      await house.store.write(async (tx) => {
        for (const channel of [
          made(2, 'private', BO),
          made(3, 'group', BO),
          made(4, 'direct', BO),
          made(5, 'private', ADA),
        ])
          await tx.putChannel(channel);
        expect(await tx.channelsMade(BO)).toBe(2);
      });
      expect([
        await house.store.channelsMade(BO),
        await house.store.channelsMade(memberId(9)),
      ]).toEqual([2, 0]);
    });

    test('decides which heads a member hears of, the most recently active channel first', async () => {
      await house.store.write((tx) => tx.putChannel(channelOf(channelId(2))));
      await house.store.write((tx) => tx.putChannel(channelOf(channelId(3))));
      for (const n of [1, 2]) await join(channelId(n), ADA);
      await house.append(feed, said(1));
      house.clock.advance(10);
      await house.append(channelFeed(channelId(2)), said(2));
      await house.append(channelFeed(channelId(3)), said(3));
      expect([...(await house.store.headsOf(ADA))]).toEqual([
        [TEAM_FEED, 0],
        [memberFeed(ADA), 0],
        [channelFeed(channelId(2)), 1],
        [feed, 1],
      ]);
      house.clock.advance(10);
      await house.append(feed, said(4));
      expect([...(await house.store.headsOf(ADA)).keys()].slice(2)).toEqual([
        feed,
        channelFeed(channelId(2)),
      ]);
    });

    test('finds a direct channel by its members in any order, and only by exactly these', async () => {
      await house.store.write((tx) =>
        tx.putChannel(channelOf(channelId(4), { kind: 'direct', name: '', members: [BO, ADA] })),
      );
      expect(await house.store.directChannel([ADA, BO])).toBe(channelId(4));
      expect(await house.store.directChannel([BO, ADA])).toBe(channelId(4));
      expect(await house.store.directChannel([ADA])).toBeUndefined();
      expect(await house.store.directChannel([ADA, BO, memberId(3)])).toBeUndefined();
      expect((await house.store.channel(channelId(4)))?.members).toEqual([ADA, BO]);
    });
  });

  describe('the directory', () => {
    test('holds team, members and public channels as they were last put', async () => {
      const team = {
        id: house.store.teamId,
        name: 'Night shift',
        createdAt: 3,
        memberInviteDays: 7,
        memberInviteUses: 25,
      };
      await house.store.write(async (tx) => {
        await tx.putTeam({ ...team, name: 'Before' });
        await tx.putTeam(team);
        await tx.putMember({ ...memberOf(BO, 'bo'), name: 'Bo B', role: 'guest', isActive: false });
        await tx.putChannel(channelOf(channelId(1), { name: 'renamed', isArchived: true, seq: 5 }));
        await tx.putChannel(channelOf(channelId(2), { kind: 'private' }));
      });
      expect(await house.store.team()).toEqual(team);
      expect(await house.store.members()).toEqual([
        memberOf(ADA, 'ada'),
        { ...memberOf(BO, 'bo'), name: 'Bo B', role: 'guest', isActive: false },
      ]);
      expect(await house.store.memberByHandle('bo')).toMatchObject({ id: BO });
      expect(await house.store.memberByHandle('nobody')).toBeUndefined();
      expect(await house.store.publicChannels()).toEqual([
        channelOf(channelId(1), { name: 'renamed', isArchived: true, seq: 5 }),
      ]);
      expect([
        await house.store.member(memberId(9)),
        await house.store.channel(channelId(9)),
      ]).toEqual([undefined, undefined]);
    });
  });

  describe('the rows of sign-in', () => {
    const session = {
      id: 's1' as SessionId,
      member: ADA,
      device: 'desk',
      createdAt: 1,
      lastSeenAt: 2,
      endedAt: null,
      refreshHash: 'r1',
      rotation: 0,
      refreshExpiresAt: 9,
    };
    const put = (work: (tx: WriteTx) => Promise<void>) => house.store.write(work);

    test('keep sessions by id and by their newest refresh token, and list the living, newest first', async () => {
      await put((tx) => tx.putSession(session));
      await put((tx) =>
        tx.putSession({ ...session, id: 's2' as SessionId, createdAt: 5, refreshHash: 'r2' }),
      );
      const rotated = {
        ...session,
        lastSeenAt: 7,
        refreshHash: 'r1b',
        rotation: 3,
      };
      await put((tx) => tx.putSession(rotated));
      expect(await house.store.session(session.id)).toEqual(rotated);
      expect(await house.store.sessionByRefresh('r1')).toBeUndefined();
      expect(await house.store.sessionByRefresh('r1b')).toEqual(rotated);
      expect(await house.store.sessionByRefresh('other')).toBeUndefined();
      expect((await house.store.sessions(ADA)).map((row) => row.id)).toEqual(['s2', 's1']);
      await put((tx) => tx.putSession({ ...rotated, endedAt: 8 }));
      expect((await house.store.sessions(ADA)).map((row) => row.id)).toEqual(['s2']);
    });

    test('forget sessions that ended or ran out before a moment, and no others', async () => {
      const rows = [
        {
          ...session,
          id: 'ended' as SessionId,
          refreshHash: 'a',
          endedAt: 99,
          refreshExpiresAt: 900,
        },
        {
          ...session,
          id: 'ended later' as SessionId,
          refreshHash: 'b',
          endedAt: 100,
          refreshExpiresAt: 101,
        },
        {
          ...session,
          id: 'ran out' as SessionId,
          refreshHash: 'c',
          refreshExpiresAt: 99,
        },
        { ...session, id: 'stands' as SessionId, refreshHash: 'd', refreshExpiresAt: 100 },
      ];
      await put(async (tx) => {
        for (const row of rows) await tx.putSession(row);
      });
      expect(await house.store.write((tx) => tx.removeSessions(100))).toBe(2);
      const left = await Promise.all(
        rows.map(async ({ id }) => (await house.store.session(id))?.id),
      );
      expect(left).toEqual([undefined, 'ended later', undefined, 'stands']);
      expect(await house.store.sessionByRefresh('c')).toBeUndefined();
      expect(await house.store.write((tx) => tx.removeSessions(100))).toBe(0);
    });

    test('keep one credential per member', async () => {
      await put((tx) => tx.putCredential({ member: ADA, hash: 'a' }));
      await put((tx) => tx.putCredential({ member: ADA, hash: 'b' }));
      expect(await house.store.credential(ADA)).toEqual({ member: ADA, hash: 'b' });
      expect(await house.store.credential(BO)).toBeUndefined();
    });

    test('keep invites by the hash of their code until they are removed', async () => {
      const invite = {
        id: 'i1',
        codeHash: 'h',
        role: 'member',
        createdBy: null,
        createdAt: 1,
        expiresAt: 5,
        usesLeft: 2,
      } as const;
      await put((tx) => tx.putInvite(invite));
      await put((tx) => tx.putInvite({ ...invite, usesLeft: 1 }));
      expect(await house.store.invite('h')).toEqual({ ...invite, usesLeft: 1 });
      expect(await house.store.invites()).toHaveLength(1);
      await put((tx) => tx.removeInvite('i1'));
      expect(await house.store.invite('h')).toBeUndefined();
    });
  });

  const { openBackup } = adapter;
  describe.skipIf(openBackup !== undefined)('a backup', () => {
    test('is refused with words about what to do instead', async () => {
      const copy = join(house.folder, 'copy');
      await expect(house.store.backup(copy)).rejects.toBeInstanceOf(BackupElsewhere);
      expect(existsSync(copy)).toBe(false);
    });
  });

  describe.skipIf(openBackup === undefined)('a backup', () => {
    const reopen = (path: string): Promise<Store> =>
      openBackup?.(path, house.clock) ?? Promise.reject(new Error('there are no backups'));

    test('taken while others write is a consistent prefix, and opens under a new epoch', async () => {
      const copy = join(house.folder, 'copy.sqlite');
      let isDone = false;
      const writing = (async () => {
        for (let i = 1; !isDone; i++) await house.append(feed, said(i));
      })();
      await house.store.backup(copy);
      isDone = true;
      await writing;
      const restored = await reopen(copy);
      const { events, head } = await restored.page(feed, ALL, { events: 1_000_000, bytes: 1e9 });
      expect(events.map((event) => event.seq)).toEqual(
        Array.from({ length: head }, (_, i) => i + 1),
      );
      expect(head).toBeLessThanOrEqual(await house.store.head(feed));
      expect(await restored.audit()).toEqual([]);
      expect(restored.epoch).not.toBe(house.store.epoch);
      expect(restored.teamId).toBe(house.store.teamId);
      const { epoch } = restored;
      await restored.close();
      const again = await reopen(copy);
      expect(again.epoch).toBe(epoch);
      await again.close();
    });

    test('that cannot be written says so and leaves nothing', async () => {
      await expect(
        house.store.backup(join(house.folder, 'no', 'such', 'folder.sqlite')),
      ).rejects.toThrow();
      expect(await house.append(feed, said(1))).toMatchObject({ isNew: true });
    });
  });
});
