/**
 * The operator's commands, carried out. The operator has the machine and its files, so no role stands in the way; two things are kept
 * all the same: a team always has an active owner, and nothing that exists is overwritten. Every change is an event like any other
 * and a line in the log.
 */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Member } from '../../protocol/entities.ts';
import { refuse, type Refusal } from '../../protocol/errors.ts';
import { TEAM_FEED, type MemberId } from '../../protocol/ids.ts';
import { formatInviteLink } from '../../protocol/invite-link.ts';
import { assertNever, fail, ok, type Result } from '../../protocol/result.ts';
import type { Auth } from '../auth/auth.ts';
import type { RelayIdentity } from '../auth/gateway-auth.ts';
import { writeOrRefuse } from '../auth/refusable.ts';
import { depart } from '../domain/membership.ts';
import type { Log } from '../ports/log.ts';
import {
  BackupElsewhere,
  StoreUnavailable,
  type Store,
  type StoreReads,
  type WriteTx,
} from '../ports/store.ts';
import { countOf, readRestored, writeRestored, type Restored } from '../restored.ts';
import type { Answers, Command, CommandFault, CommandName, CommandOf } from './commands.ts';

export interface OperatorParts {
  readonly store: Store;
  readonly auth: Pick<Auth, 'accounts' | 'invites' | 'sessions'>;
  readonly identity: RelayIdentity;
  /** Where blobs are that a copy of the store does not hold; null when there are none. */
  readonly blobsAt: () => string | null;
  /** The list that a restore left: see `server/restored.ts`. */
  readonly restoredFile: string;
  readonly log: Log;
  /** Null when the store is asked directly. */
  readonly startedAt: number | null;
}

export type CommandResult<Name extends CommandName = CommandName> = Result<
  Answers[Name],
  CommandFault
>;

export interface Operator {
  run<C extends Command>(ask: C): Promise<CommandResult<C['command']>>;
}

export function createOperator(parts: OperatorParts): Operator {
  return {
    async run<C extends Command>(ask: C) {
      try {
        return (await perform(parts, ask)) as CommandResult<C['command']>;
      } catch (error) {
        parts.log.error('operator-command-failed', { command: ask.command }, error);
        const isStore = error instanceof StoreUnavailable;
        return fault(
          'failed',
          isStore
            ? `The store cannot do that now: ${error.message}.`
            : 'Something broke; the log says what.',
        );
      }
    },
  };
}

function perform(parts: OperatorParts, ask: Command): Promise<CommandResult> {
  const { store, auth } = parts;
  switch (ask.command) {
    case 'status':
      return status(parts);
    case 'invite':
      return invite(parts, ask);
    case 'members':
      return store.members().then(ok);
    case 'add-member':
      return addMember(auth, ask);
    case 'set-active':
      return setActive(parts, ask.who, ask.isActive);
    case 'set-role':
      return changeMember(parts, ask.who, async (_tx, member) => ({ ...member, role: ask.role }));
    case 'reset-password':
      return resetPassword(parts, ask.who);
    case 'backup':
      return backup(parts, ask);
    case 'restored':
      return Promise.resolve(ok(readRestored(parts.restoredFile) ?? null));
    case 'end-restored':
      return endRestored(parts);
    default:
      return assertNever(ask);
  }
}

async function status({
  store,
  identity,
  startedAt,
}: OperatorParts): Promise<CommandResult<'status'>> {
  const [team, members] = [await store.team(), await store.members()];
  return ok({
    team: team?.name ?? null,
    teamId: store.teamId,
    blobsPlace: (await store.blobsPlace()) ?? null,
    members: members.length,
    addresses: identity.addresses(),
    fingerprint: identity.fingerprint,
    startedAt,
  });
}

async function invite(
  { store, auth, identity, log }: OperatorParts,
  ask: CommandOf<'invite'>,
): Promise<CommandResult<'invite'>> {
  const team = await store.team();
  const owner = (await store.members()).find(
    (member) => member.role === 'owner' && member.isActive,
  );
  const { role, days, uses } = ask;
  const made = team
    ? await auth.invites.create({ role, days, uses, createdBy: owner?.id ?? null })
    : await auth.invites.createSetup();
  log.info('invite-made', { invite: made.invite.id, role: made.invite.role });
  const purpose = team ? 'join' : 'setup';
  const link = formatInviteLink({
    purpose,
    relays: identity.addresses(),
    code: made.code,
    fingerprint: identity.fingerprint,
  });
  return ok({
    purpose,
    link,
    role: made.invite.role,
    expiresAt: made.invite.expiresAt,
    uses: made.invite.usesLeft,
  });
}

async function addMember(
  { accounts }: OperatorParts['auth'],
  ask: CommandOf<'add-member'>,
): Promise<CommandResult<'add-member'>> {
  const { handle, name, role } = ask;
  const added = await accounts.addMember({ handle, name, role });
  if (added.ok) return ok(added.value);
  if (added.error.kind === 'not-found') return notSetUp;
  return added.error.kind === 'taken'
    ? fault('refused', `The handle ${handle} is taken.`)
    : refused(added.error);
}

async function resetPassword(
  { store, auth }: OperatorParts,
  who: string,
): Promise<CommandResult<'reset-password'>> {
  const member = await find(store, who);
  if (!member) return noSuchMember(who);
  const reset = await auth.accounts.resetPassword(member.id);
  return reset.ok ? ok({ member, password: reset.value }) : refused(reset.error);
}

const setActive = (
  parts: OperatorParts,
  who: string,
  isActive: boolean,
): Promise<CommandResult<'set-active'>> =>
  changeMember(parts, who, async (tx, member) => {
    if (!isActive) await parts.auth.sessions.endAll(tx, member.id);
    return { ...member, isActive };
  });

async function changeMember(
  { store, log }: OperatorParts,
  who: string,
  change: (tx: WriteTx, member: Member) => Promise<Member>,
): Promise<CommandResult<'set-role'>> {
  const done = await writeOrRefuse(store, async (tx) => {
    const member = await find(tx, who);
    if (!member) return fail(refuse('not-found'));
    const changed = await change(tx, member);
    if (changed.role === member.role && changed.isActive === member.isActive) return ok(member);
    await tx.putMember(changed);
    const isOwned = (await tx.members()).some(({ role, isActive }) => role === 'owner' && isActive);
    if (!isOwned) return fail(refuse('not-allowed'));
    await tx.append(TEAM_FEED, {
      by: member.id,
      kind: 'member-changed',
      op: null,
      body: { member: changed },
    });
    return ok(changed);
  });
  if (done.ok) {
    const { id, role, isActive } = done.value;
    log.info('member-changed', { member: id, role, isActive });
    return done;
  }
  if (done.error.kind === 'not-found') return noSuchMember(who);
  if (done.error.kind === 'not-allowed')
    return fault('refused', 'A team needs an active owner. Make somebody else an owner first.');
  return refused(done.error);
}

/** Ends every right of the list again. What is refused stays in the list. */
async function endRestored(parts: OperatorParts): Promise<CommandResult<'end-restored'>> {
  const { auth, store, restoredFile } = parts;
  const listed = readRestored(restoredFile);
  if (!listed) return ok({ ended: 0, left: null });
  const unlessEnded = async <T>(
    all: readonly T[],
    end: (one: T) => Promise<{ readonly ok: boolean }>,
  ): Promise<T[]> => {
    const left: T[] = [];
    for (const one of all) if (!(await end(one)).ok) left.push(one);
    return left;
  };
  const left: Restored = {
    isCompared: listed.isCompared,
    // Roles first: a former owner must not be the last active one when members are deactivated.
    roles: await unlessEnded(listed.roles, ({ id, role, ended }) =>
      changeMember(parts, id, async (_tx, member) =>
        member.role === role ? { ...member, role: ended } : member,
      ),
    ),
    members: await unlessEnded(listed.members, ({ id }) => setActive(parts, id, false)),
    sessions: await unlessEnded(listed.sessions, async ({ id, member }) => {
      await auth.sessions.end(id, member.id, 'revoked');
      return { ok: true };
    }),
    memberships: await unlessEnded(listed.memberships, ({ channel, member }) =>
      store.write(async (tx) => {
        const found = await tx.channel(channel);
        if (found && (await tx.isInChannel(channel, member.id)))
          await depart({ tx, by: member.id }, found, member.id, null);
        return { ok: true };
      }),
    ),
    invites: await unlessEnded(listed.invites, async ({ id }) => {
      await auth.invites.end(id);
      return { ok: true };
    }),
  };
  writeRestored(restoredFile, left);
  const ended = countOf(listed) - countOf(left);
  parts.log.info('restored-rights-ended', { ended, left: countOf(left) });
  return ok({ ended, left: countOf(left) === 0 ? null : left });
}

async function backup(
  { store, log, blobsAt }: OperatorParts,
  { path }: CommandOf<'backup'>,
): Promise<CommandResult<'backup'>> {
  if (!isAbsolute(path)) return fault('bad-command', 'The path of a backup must be absolute.');
  if (existsSync(path))
    return fault('exists', `${path} exists already. A backup never overwrites anything.`);
  try {
    await store.backup(path);
  } catch (error) {
    if (error instanceof BackupElsewhere) return fault('failed', error.message);
    log.error('backup-failed', {}, error);
    const reason = error instanceof Error ? error.message : 'unknown';
    return fault(
      'failed',
      `The backup was not made: ${reason}. Check that the folder exists and has room.`,
    );
  }
  log.info('backup-made');
  return ok({ path, blobs: blobsAt() });
}

async function find(reads: StoreReads, who: string): Promise<Member | undefined> {
  const plain = who.replace(/^@/, '').normalize('NFC').toLowerCase();
  return (await reads.memberByHandle(plain)) ?? (await reads.member(plain as MemberId));
}

const fault = (
  kind: CommandFault['kind'],
  message: string,
): { readonly ok: false; readonly error: CommandFault } => fail({ kind, message });
const notSetUp = fault(
  'not-set-up',
  'The team is not set up yet. Open the setup link first; the command invite prints it.',
);
const noSuchMember = (who: string) => fault('no-such-member', `There is no member ${who}.`);
const refused = ({ kind }: Refusal) => fault('refused', `Refused: ${kind}.`);
