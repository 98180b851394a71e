/**
 * Every cell of the policy, written down a second time by hand: o owner, a admin, m member, g guest. A change of a right has to be made
 * in both places, on purpose.
 */
import { describe, expect, test } from 'vitest';
import { CHANNEL_KINDS, ROLES, type ChannelKind, type Role } from '../../protocol/entities.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import {
  inviteFault,
  type InviteTerms,
  CHANNEL_ACTIONS,
  TEAM_ACTIONS,
  mayGive,
  mayInChannel,
  mayInTeam,
  outranks,
  relationTo,
  type ChannelAction,
  type TeamAction,
  type Verdict,
} from './policy.ts';

const letters = (roles: string): readonly Role[] =>
  ROLES.filter((role) => roles.includes(role.charAt(0)));

const TEAM: Readonly<Record<TeamAction, string>> = {
  'create-public': 'oam',
  'create-private': 'oam',
  'open-direct': 'oamg',
  'set-role': 'oa',
  'set-active': 'oa',
  'change-team': 'oa',
  invite: 'oam',
  'see-usage': 'oa',
};

describe.each(TEAM_ACTIONS)('in the team, %s', (action) => {
  test.each(ROLES)('by an %s', (role) => {
    expect(mayInTeam(role, action)).toBe(letters(TEAM[action]).includes(role));
  });
});

interface Row {
  readonly beside: string;
  readonly in: string;
  readonly maker: string;
  readonly kinds: readonly ChannelKind[];
  readonly archived: boolean;
}
const ANY = CHANNEL_KINDS;
const NAMED: readonly ChannelKind[] = ['public', 'private'];
const CHANNEL: Readonly<Record<ChannelAction, Row>> = {
  see: { beside: 'oam', in: 'oamg', maker: 'oamg', kinds: ANY, archived: true },
  read: { beside: 'oam', in: 'oamg', maker: 'oamg', kinds: ANY, archived: true },
  post: { beside: '', in: 'oamg', maker: 'oamg', kinds: ANY, archived: false },
  type: { beside: '', in: 'oamg', maker: 'oamg', kinds: ANY, archived: false },
  'edit-own': { beside: '', in: 'oamg', maker: 'oamg', kinds: ANY, archived: false },
  'edit-other': { beside: '', in: '', maker: '', kinds: ANY, archived: false },
  'delete-own': { beside: '', in: 'oamg', maker: 'oamg', kinds: ANY, archived: false },
  'delete-other': { beside: '', in: 'oa', maker: 'oa', kinds: NAMED, archived: false },
  mark: { beside: '', in: 'oamg', maker: 'oamg', kinds: ANY, archived: true },
  join: { beside: 'oam', in: 'oam', maker: 'oam', kinds: ['public'], archived: false },
  leave: { beside: '', in: 'oamg', maker: 'oamg', kinds: NAMED, archived: true },
  'add-member': { beside: '', in: 'oam', maker: 'oam', kinds: NAMED, archived: false },
  'remove-member': { beside: '', in: 'oa', maker: 'oam', kinds: NAMED, archived: false },
  change: { beside: '', in: 'oam', maker: 'oam', kinds: NAMED, archived: false },
  archive: { beside: '', in: 'oa', maker: 'oam', kinds: NAMED, archived: true },
};

function expected(
  action: ChannelAction,
  role: Role,
  relation: 'hidden' | 'beside' | 'in' | 'maker',
  kind: ChannelKind,
  isArchived: boolean,
): Verdict {
  if (relation === 'hidden') return 'not-found';
  const row = CHANNEL[action];
  if (!row.kinds.includes(kind) || !letters(row[relation]).includes(role)) return 'not-allowed';
  return isArchived && !row.archived ? 'archived' : 'yes';
}

describe.each(CHANNEL_ACTIONS)('in a channel, %s', (action) => {
  describe.each(ROLES)('by an %s', (role) => {
    test.each(['hidden', 'beside', 'in', 'maker'] as const)('who is %s', (relation) => {
      for (const kind of CHANNEL_KINDS) {
        for (const isArchived of [false, true]) {
          const found = mayInChannel({ role, relation, channel: { kind, isArchived } }, action);
          expect({ kind, isArchived, found }).toEqual({
            kind,
            isArchived,
            found: expected(action, role, relation, kind, isArchived),
          });
        }
      }
    });
  });
});

describe('the relation to a channel', () => {
  const relation = (kind: ChannelKind, role: Role, isIn: boolean, isMaker = false): string =>
    relationTo({ kind, createdBy: (isMaker ? 'me' : 'other') as never }, { id: 'me', role, isIn });

  test('of somebody in it is in, or maker', () => {
    for (const kind of CHANNEL_KINDS)
      expect([relation(kind, 'guest', true), relation(kind, 'member', true, true)]).toEqual([
        'in',
        'maker',
      ]);
  });

  test('of somebody outside is beside a public channel, and none at all to the others', () => {
    expect(CHANNEL_KINDS.map((kind) => relation(kind, 'owner', false))).toEqual([
      'beside',
      'hidden',
      'hidden',
      'hidden',
    ]);
  });

  test('of a guest outside is none, also to a public channel', () => {
    expect(CHANNEL_KINDS.map((kind) => relation(kind, 'guest', false))).toEqual([
      'hidden',
      'hidden',
      'hidden',
      'hidden',
    ]);
  });

  test('of a maker who left is that of anybody outside', () => {
    expect([
      relation('private', 'owner', false, true),
      relation('public', 'member', false, true),
    ]).toEqual(['hidden', 'beside']);
  });
});

describe('rank', () => {
  test('lets owners act on everybody and admins on those below', () => {
    const acts = ROLES.map((actor) => ROLES.filter((other) => outranks(actor, other)));
    expect(acts).toEqual([
      ['owner', 'admin', 'member', 'guest'],
      ['member', 'guest'],
      ['guest'],
      [],
    ]);
  });

  test('lets nobody give more than they have', () => {
    const gives = ROLES.map((actor) => ROLES.filter((role) => mayGive(actor, role)));
    expect(gives).toEqual([
      ['owner', 'admin', 'member', 'guest'],
      ['admin', 'member', 'guest'],
      ['member', 'guest'],
      ['guest'],
    ]);
  });
});

describe('an invite', () => {
  const TEAM = { memberInviteDays: 7, memberInviteUses: 25 };
  const { inviteMaxDays, inviteMaxUses } = DEFAULT_LIMITS;
  const fault = (role: Role, given: Partial<InviteTerms>, team = TEAM): string | null =>
    inviteFault(role, { role: 'member', days: 7, uses: 25, ...given }, team);

  test('of a member is good for as long and as many as the team allows, and no more', () => {
    expect(fault('member', {})).toBe(null);
    expect(fault('member', { days: 8 })).toBe('days');
    expect(fault('member', { uses: 26 })).toBe('uses');
    const raised = { memberInviteDays: 30, memberInviteUses: 100 };
    expect(fault('member', { days: 30, uses: 100 }, raised)).toBe(null);
    expect(fault('member', { uses: 1 }, { ...TEAM, memberInviteUses: 0 })).toBe('uses');
  });

  test('of an owner or admin goes up to inviteMaxDays and inviteMaxUses', () => {
    for (const role of ['owner', 'admin'] as const)
      expect(fault(role, { days: inviteMaxDays, uses: inviteMaxUses })).toBe(null);
  });

  test.each([
    ['owner', null],
    ['admin', 'role'],
    ['member', 'role'],
  ] as const)('to be an admin, given by %s: %s', (role, is) =>
    expect(fault(role, { role: 'admin' })).toBe(is),
  );
});
