import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  channelFeed,
  memberFeed,
  TEAM_FEED,
  type MemberId,
  type OperationId,
} from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { UP_SCHEMAS } from '../../protocol/frames-up.ts';
import { createDomainKit, type DomainKit } from '../../test/kit/domain-kit.ts';
import { createMember, createTeamWithOwner } from './members.ts';

let kit: DomainKit;
let ada: MemberId;
beforeEach(async () => {
  kit = await createDomainKit();
  ada = await kit.member('ada');
});
afterEach(async () => {
  expect(await kit.store.audit()).toEqual([]);
  await kit.dispose();
});
const { memberInviteDays, memberInviteUses, inviteMaxDays, inviteMaxUses } = DEFAULT_LIMITS;
const lastOfTeam = async () => (await kit.events(TEAM_FEED)).at(-1);

describe('a team', () => {
  test('begins with its name, its owner, and a public channel with the owner in it', async () => {
    expect((await kit.events(TEAM_FEED)).slice(0, 3)).toMatchObject([
      {
        seq: 1,
        kind: 'team-changed',
        team: { id: kit.store.teamId, name: 'Night shift', memberInviteDays, memberInviteUses },
      },
      { seq: 2, kind: 'member-joined', member: { id: kit.owner, role: 'owner', isActive: true } },
      {
        seq: 3,
        kind: 'channel-listed',
        channel: { id: kit.general, name: 'general', kind: 'public' },
      },
    ]);
    expect(await kit.store.isInChannel(kit.general, kit.owner)).toBe(true);
  });

  test('is made once', async () => {
    const again = await kit.store.write((tx) =>
      createTeamWithOwner(tx, {
        team: { id: kit.store.teamId, name: 'x' },
        owner: { id: kit.id(), handle: 'x', name: 'x' },
        channelName: 'x',
        now: 1,
      }),
    );
    expect(again).toMatchObject({ ok: false, error: { kind: 'setup-done' } });
  });

  test('is renamed by staff', async () => {
    const op = kit.id<OperationId>();
    const first = await kit.must(kit.owner, { t: 'change-team', op, name: 'Day shift' });
    expect(await lastOfTeam()).toMatchObject({ kind: 'team-changed', team: { name: 'Day shift' } });
    await kit.must(kit.owner, { t: 'change-team', name: 'Dawn shift' });
    expect(await kit.must(kit.owner, { t: 'change-team', op, name: 'Day shift' })).toEqual(first);
    expect((await kit.store.team())?.name).toBe('Dawn shift');
    expect(await kit.refusal(ada, { t: 'change-team', name: 'x' })).toBe('not-allowed');
  });

  test('has its limits for invites of members changed by staff, each alone', async () => {
    expect([memberInviteDays, memberInviteUses]).toEqual([7, 25]);
    const op = kit.id<OperationId>();
    const change = { t: 'change-team', op, memberInviteDays: 30 } as const;
    const first = await kit.must(kit.owner, change);
    expect(await lastOfTeam()).toMatchObject({
      kind: 'team-changed',
      team: { name: 'Night shift', memberInviteDays: 30, memberInviteUses },
    });
    await kit.must(kit.owner, { t: 'change-team', memberInviteUses: 0 });
    // Said again it changes nothing, though another change came between.
    expect(await kit.must(kit.owner, change)).toEqual(first);
    expect(await kit.store.team()).toMatchObject({ memberInviteDays: 30, memberInviteUses: 0 });
    expect(await kit.refusal(ada, { t: 'change-team', memberInviteUses: 9 })).toBe('not-allowed');
  });

  test('takes limits up to those that all invites have', () => {
    const { 'change-team': schema } = UP_SCHEMAS;
    const op = kit.id<OperationId>();
    const fits = (more: object): boolean =>
      schema.safeParse({ t: 'change-team', op, ...more }).success;
    expect(fits({ memberInviteDays: inviteMaxDays, memberInviteUses: inviteMaxUses })).toBe(true);
    expect(fits({ memberInviteDays: inviteMaxDays + 1 })).toBe(false);
    expect(fits({ memberInviteUses: inviteMaxUses + 1 })).toBe(false);
    expect([fits({ memberInviteDays: 0 }), fits({ memberInviteUses: -1 })]).toEqual([false, false]);
  });
});

describe('a newcomer', () => {
  test('is told to the team and comes into the first channel', async () => {
    const bo = await kit.member('bo');
    expect(await lastOfTeam()).toMatchObject({
      kind: 'member-joined',
      by: bo,
      member: { id: bo, handle: 'bo' },
    });
    expect((await kit.events(channelFeed(kit.general))).at(-1)).toMatchObject({
      kind: 'joined',
      member: bo,
    });
    expect((await kit.events(memberFeed(bo))).map((event) => event['kind'])).toEqual([
      'channel-joined',
    ]);
  });

  test('who is a guest comes into no channel', async () => {
    const guest = await kit.member('guest', 'guest');
    expect(await kit.store.memberChannels(guest)).toEqual([]);
  });

  test('comes also when the first channel is archived', async () => {
    await kit.must(kit.owner, { t: 'archive', channel: kit.general, isArchived: true });
    expect(await kit.store.memberChannels(await kit.member('late'))).toEqual([]);
  });

  test('needs a handle of their own, also from those who were shut out', async () => {
    await kit.must(kit.owner, { t: 'set-active', member: ada, isActive: false });
    const made = await kit.store.write((tx) =>
      createMember(tx, { id: kit.id(), handle: 'ada', name: 'x', role: 'member' }, 1),
    );
    expect(made).toMatchObject({ ok: false, error: { kind: 'taken', field: 'handle' } });
  });
});

describe('a profile', () => {
  test('is changed by its member, and a repeated change after a later one changes nothing', async () => {
    const op = kit.id<OperationId>();
    const first = await kit.must(ada, { t: 'change-profile', op, name: 'Ada O' });
    await kit.must(ada, { t: 'change-profile', name: 'Ada Okafor' });
    expect(await kit.must(ada, { t: 'change-profile', op, name: 'Ada O' })).toEqual(first);
    expect((await kit.store.member(ada))?.name).toBe('Ada Okafor');
    expect(await kit.refusal(ada, { t: 'change-profile', op, name: 'other' })).toBe('conflict');
  });
});

describe('roles', () => {
  test('are given up to one’s own, to those below', async () => {
    const [admin, other] = [await kit.member('admin', 'admin'), await kit.member('other', 'admin')];
    await kit.must(admin, { t: 'set-role', member: ada, role: 'admin' });
    expect(await lastOfTeam()).toMatchObject({
      kind: 'member-changed',
      by: admin,
      member: { id: ada, role: 'admin' },
    });
    expect(await kit.refusal(admin, { t: 'set-role', member: other, role: 'member' })).toBe(
      'not-allowed',
    );
    expect(await kit.refusal(admin, { t: 'set-role', member: kit.owner, role: 'member' })).toBe(
      'not-allowed',
    );
    expect(await kit.refusal(admin, { t: 'set-role', member: admin, role: 'owner' })).toBe(
      'not-allowed',
    );
    expect(await kit.refusal(admin, { t: 'set-role', member: kit.id(), role: 'guest' })).toBe(
      'not-found member',
    );
    await kit.must(kit.owner, { t: 'set-role', member: other, role: 'owner' });
    await kit.must(other, { t: 'set-role', member: kit.owner, role: 'member' });
  });

  test('of the last owner stay', async () => {
    expect(await kit.refusal(kit.owner, { t: 'set-role', member: kit.owner, role: 'member' })).toBe(
      'not-allowed',
    );
    const second = await kit.member('second', 'owner');
    await kit.must(kit.owner, { t: 'set-active', member: second, isActive: false });
    expect(await kit.refusal(kit.owner, { t: 'set-role', member: kit.owner, role: 'member' })).toBe(
      'not-allowed',
    );
  });

  test('are not lifted by those who have none to give', async () => {
    expect(await kit.refusal(ada, { t: 'set-role', member: ada, role: 'admin' })).toBe(
      'not-allowed',
    );
  });
});

describe('deactivation', () => {
  test('ends all sessions in the same step, and everything is refused from then on', async () => {
    const [one, two] = [await kit.session(ada), await kit.session(ada)];
    kit.clock.advance(7);
    await kit.must(kit.owner, { t: 'set-active', member: ada, isActive: false });
    expect(
      (await kit.events(memberFeed(ada)))
        .slice(-2)
        .map((event) => [event['kind'], event['session']]),
    ).toEqual(
      expect.arrayContaining([
        ['session-ended', one.id],
        ['session-ended', two.id],
      ]),
    );
    expect(await kit.store.sessions(ada)).toEqual([]);
    expect((await kit.store.session(one.id))?.endedAt).toBe(kit.clock.now());
    expect(await kit.refusal(ada, { t: 'post', channel: kit.general, text: 'x' })).toBe(
      'session-ended',
    );
  });

  test('is not for oneself, nor upwards, and can be taken back', async () => {
    const admin = await kit.member('admin', 'admin');
    expect(
      await kit.refusal(kit.owner, { t: 'set-active', member: kit.owner, isActive: false }),
    ).toBe('not-allowed');
    expect(await kit.refusal(admin, { t: 'set-active', member: kit.owner, isActive: false })).toBe(
      'not-allowed',
    );
    await kit.must(admin, { t: 'set-active', member: ada, isActive: false });
    await kit.must(admin, { t: 'set-active', member: ada, isActive: true });
    await kit.must(ada, { t: 'post', channel: kit.general, text: 'back' });
  });
});
