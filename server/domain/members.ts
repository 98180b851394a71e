/** Members and the team: how a team begins, how people come in, what they are called, what they may, and how they are shut out. */
import type { Channel, Member, Role, Team } from '../../protocol/entities.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type { MutationOf } from '../../protocol/frames-up.ts';
import { TEAM_FEED, type ChannelId, type MemberId, type TeamId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { ok, type Result } from '../../protocol/result.ts';
import type { EventDraft, WriteTx } from '../ports/store.ts';
import { checkMember, checkTeam } from './access.ts';
import { found } from './channels.ts';
import { enter } from './membership.ts';
import { asItIs, done, doneBefore, refused, type Outcome, type Situation } from './outcome.ts';
import { mayGive, outranks } from './policy.ts';
import { endAllSessions } from './sessions.ts';

export interface NewMember {
  readonly id: MemberId;
  readonly handle: string;
  readonly name: string;
  readonly role: Role;
}

/** The channel everybody starts in bears the team's own id, so it is found whatever it is called later. */
export const generalChannel = (team: TeamId): ChannelId => team as string as ChannelId;

/**
 * Makes the team, its owner and its first channel. To be run in the same work that stores the owner's credential.
 * Refused with `setup-done` when there is a team already.
 */
export async function createTeamWithOwner(
  tx: WriteTx,
  what: {
    readonly team: { readonly id: TeamId; readonly name: string };
    readonly owner: Omit<NewMember, 'role'>;
    readonly channelName: string;
    readonly now: number;
  },
): Promise<Result<{ readonly team: Team; readonly member: Member }, Refusal>> {
  if (await tx.team()) return refused('setup-done');
  const { now } = what;
  const by = what.owner.id;
  const { memberInviteDays, memberInviteUses } = DEFAULT_LIMITS;
  const team: Team = { ...what.team, createdAt: now, memberInviteDays, memberInviteUses };
  const member = memberFrom({ ...what.owner, role: 'owner' }, now);
  await tx.putTeam(team);
  await tx.putMember(member);
  await tx.append(TEAM_FEED, { by, kind: 'team-changed', op: null, body: { team } });
  await tx.append(TEAM_FEED, { by, kind: 'member-joined', op: null, body: { member } });
  const general: Channel = {
    id: generalChannel(what.team.id),
    kind: 'public',
    name: what.channelName,
    topic: '',
    isArchived: false,
    createdAt: now,
    createdBy: by,
    seq: 1,
  };
  await found({ tx, by }, general, [by], { op: null });
  return ok({ team, member });
}

/**
 * Adds a member to the team and to its first channel (guests come into no channel by themselves).
 * Refused with `taken` when the handle is in use, also by somebody who was shut out.
 */
export async function createMember(
  tx: WriteTx,
  who: NewMember,
  now: number,
): Promise<Result<Member, Refusal>> {
  if (await tx.memberByHandle(who.handle)) return refused('taken', 'handle');
  if (await tx.member(who.id)) return refused('conflict');
  const member = memberFrom(who, now);
  await tx.putMember(member);
  await tx.append(TEAM_FEED, { by: who.id, kind: 'member-joined', op: null, body: { member } });
  const team = await tx.team();
  const general = team && (await tx.channel(generalChannel(team.id as TeamId)));
  if (general && !general.isArchived && who.role !== 'guest')
    await enter({ tx, by: who.id }, general, who.id, null);
  return ok(member);
}

export async function changeProfile(
  situation: Situation,
  ask: MutationOf<'change-profile'>,
): Promise<Outcome> {
  const { tx, by } = situation;
  const draft = memberDraft(by, ask.op, `profile ${JSON.stringify(ask.name)}`);
  const before = doneBefore(await tx.repeated(TEAM_FEED, draft));
  if (before) return before;
  const asker = await checkMember(tx, by);
  if (!asker.ok) return asker;
  if (asker.value.name === ask.name) return asItIs(situation, TEAM_FEED);
  return changeMember(tx, draft, { ...asker.value, name: ask.name });
}

export async function setRole(situation: Situation, ask: MutationOf<'set-role'>): Promise<Outcome> {
  const { tx, by } = situation;
  const draft = memberDraft(by, ask.op, `role ${ask.member} ${ask.role}`);
  const before = doneBefore(await tx.repeated(TEAM_FEED, draft));
  if (before) return before;
  const asker = await checkTeam(tx, by, 'set-role');
  if (!asker.ok) return asker;
  const member = await tx.member(ask.member);
  if (!member) return refused('not-found', 'member');
  if (member.role === ask.role) return asItIs(situation, TEAM_FEED);
  const { role } = asker.value;
  // Everybody with this right may step down; nobody may lift themselves.
  const mayTouch = member.id === by || outranks(role, member.role);
  if (!mayTouch || !mayGive(role, ask.role)) return refused('not-allowed');
  if (member.role === 'owner' && (await isLastOwner(tx, member.id))) return refused('not-allowed');
  return changeMember(tx, draft, { ...member, role: ask.role });
}

export async function setActive(
  situation: Situation,
  ask: MutationOf<'set-active'>,
): Promise<Outcome> {
  const { tx, by, now } = situation;
  const draft = memberDraft(by, ask.op, `active ${ask.member} ${ask.isActive}`);
  const before = doneBefore(await tx.repeated(TEAM_FEED, draft));
  if (before) return before;
  const asker = await checkTeam(tx, by, 'set-active');
  if (!asker.ok) return asker;
  const member = await tx.member(ask.member);
  if (!member) return refused('not-found', 'member');
  if (member.id === by || !outranks(asker.value.role, member.role)) return refused('not-allowed');
  if (member.isActive === ask.isActive) return asItIs(situation, TEAM_FEED);
  const outcome = await changeMember(tx, draft, { ...member, isActive: ask.isActive });
  if (!ask.isActive) await endAllSessions(tx, member.id, by, now);
  return outcome;
}

export async function changeTeam(
  situation: Situation,
  ask: MutationOf<'change-team'>,
): Promise<Outcome> {
  const { tx, by } = situation;
  const { name, memberInviteDays, memberInviteUses } = ask;
  const asked = `team ${JSON.stringify([name, memberInviteDays, memberInviteUses])}`;
  const before = doneBefore(
    await tx.repeated(TEAM_FEED, { by, kind: 'team-changed', op: ask.op, body: {}, asked }),
  );
  if (before) return before;
  const asker = await checkTeam(tx, by, 'change-team');
  if (!asker.ok) return asker;
  const current = await tx.team();
  if (!current) return refused('not-found');
  const team: Team = {
    ...current,
    name: name ?? current.name,
    memberInviteDays: memberInviteDays ?? current.memberInviteDays,
    memberInviteUses: memberInviteUses ?? current.memberInviteUses,
  };
  const isSame =
    team.name === current.name &&
    team.memberInviteDays === current.memberInviteDays &&
    team.memberInviteUses === current.memberInviteUses;
  if (isSame) return asItIs(situation, TEAM_FEED);
  await tx.putTeam(team);
  return done(
    await tx.append(TEAM_FEED, { by, kind: 'team-changed', op: ask.op, body: { team }, asked }),
  );
}

const memberFrom = ({ id, handle, name, role }: NewMember, now: number): Member => ({
  id,
  handle,
  name,
  role,
  isActive: true,
  joinedAt: now,
});

const memberDraft = (by: MemberId, op: EventDraft['op'], asked: string): EventDraft => ({
  by,
  kind: 'member-changed',
  op,
  body: {},
  asked,
});

async function changeMember(tx: WriteTx, draft: EventDraft, member: Member): Promise<Outcome> {
  await tx.putMember(member);
  return done(await tx.append(TEAM_FEED, { ...draft, body: { member } }));
}

async function isLastOwner(tx: WriteTx, owner: MemberId): Promise<boolean> {
  return !(await tx.members()).some(
    (member) => member.role === 'owner' && member.isActive && member.id !== owner,
  );
}
