/**
 * Every question and command the window may put to the core, with the schema of its input. Nothing here takes a path,
 * SQL, a shell word or HTML. Outputs are JSON values; every command answers a `Result`, never an exception.
 * Preload, the Electron host and the loopback host are generated from this table: a name that is not in it does not exist.
 */
import { z } from 'zod';
import type { Result } from '../../protocol/result.ts';
import type { Snapshot } from './events.ts';
import type { LabView } from './lab.ts';
import type { CheckView, LineRecordView } from './line.ts';
import { settings, type MemberView } from './views.ts';

const team = z.string().min(1).max(64);
const id = z.string().min(1).max(64);
const text = z.string().max(64 * 1024);
/** Bounded by the carriers of the bridge, and by the core where it is kept. */
const anyText = z.string();
/** A UUID of version 7. */
const newMessage = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const name = z.string().max(400);
const secret = z.string().max(4096);
const account = { name, handle: name, password: secret, device: name };
const relayAt = {
  address: name,
  fingerprint: z.string().max(64).nullable(),
  /**
   * The `trust` of the relay that a person has agreed to replace. Without it no team that is here
   * changes its relay.
   */
  replaces: z.string().max(400).optional(),
};

/** A team on this computer that a relay with another key claims to be. */
export interface KnownTeam {
  readonly name: string;
  readonly address: string;
  /** Null: known by a public certificate for its address. */
  readonly fingerprint: string | null;
  /** Names the relay that is known; given back to replace it. */
  readonly trust: string;
}

/** What a probed address or invite turned out to be. */
export interface RelayFound {
  readonly address: string;
  readonly teamName: string | null;
  readonly fingerprint: string | null;
  /** The fingerprint came with the invite; otherwise a person must compare it before going on. */
  readonly isPinnedByInvite: boolean;
  /** There is no team yet: the first person makes it. */
  readonly needsSetup: boolean;
  readonly invite: { readonly code: string; readonly invitedBy: string | null } | null;
  /**
   * The team is on this computer under another key, which going on replaces. A person decides, with
   * both keys in view.
   */
  readonly replaces: KnownTeam | null;
}

export interface SessionView {
  readonly id: string;
  readonly device: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly isLive: boolean;
  readonly isThisOne: boolean;
}

export interface InviteView {
  readonly id: string;
  readonly role: string;
  readonly createdBy: string;
  readonly expiresAt: number;
  readonly usesLeft: number;
}

export interface NewInvite extends InviteView {
  readonly link: string;
  /** The QR code of the link: rows of dark (true) and light modules, without quiet zone. */
  readonly qr: readonly (readonly boolean[])[];
}

/** Why a message did or did not notify. */
export interface WhyView {
  readonly rule: number;
  readonly reason: string;
  readonly outcome: 'nothing' | 'dot' | 'badge' | 'notified' | 'failed' | 'unsupported';
  readonly at: number;
}

interface CommandSpec<Input extends z.ZodType, Output> {
  readonly input: Input;
  /** Never there; carries the output's type. */
  readonly output?: Output;
}
const command =
  <Output>() =>
  <Input extends z.ZodType>(input: Input): CommandSpec<Input, Output> => ({ input });
const nothing = command<null>();
const none = z.strictObject({});
const inTeam = z.strictObject({ team });
const inChannel = z.strictObject({ team, channel: id });
/** The new message of a channel, or with `message` the edit of that one. */
const draft = { team, channel: id, message: id.optional() };
const unsentKey = z.string().min(1).max(200);

export const COMMANDS = {
  /** The whole state; batches with a higher `n` follow. May be called again at any time. */
  open: command<Snapshot>()(none),
  'request.took': nothing(z.strictObject({ n: z.number() })),
  'notice.dismiss': nothing(z.strictObject({ id })),
  'settings.set': nothing(z.strictObject({ settings })),
  /** Opens an http, https or mailto link outside. Anything else is refused. */
  'link.open': nothing(z.strictObject({ url: z.string().max(4096) })),
  'clipboard.write': nothing(z.strictObject({ text: anyText })),
  'notification.test': command<'shown' | 'failed' | 'unsupported'>()(none),

  'relay.probe': command<RelayFound>()(z.strictObject({ typed: z.string().max(2048) })),
  'team.start': command<{ readonly team: string }>()(
    z.strictObject({ teamName: name, ...account }),
  ),
  'team.setup': command<{ readonly team: string }>()(
    z.strictObject({
      ...relayAt,
      code: z.string().max(64),
      teamName: name,
      ...account,
    }),
  ),
  'team.join': command<{ readonly team: string }>()(
    z.strictObject({
      ...relayAt,
      code: z.string().max(64),
      ...account,
    }),
  ),
  'team.sign-in': command<{ readonly team: string }>()(
    z.strictObject({
      ...relayAt,
      handle: name,
      password: secret,
      device: name,
    }),
  ),
  /** Signs in again to a team whose session ended; its cache, outbox and drafts are kept. */
  'team.sign-in-again': nothing(z.strictObject({ team, password: secret })),
  'team.sign-out': nothing(z.strictObject({ team, forget: z.boolean() })),
  'team.order': nothing(z.strictObject({ order: z.array(team).max(100) })),
  'team.rename': nothing(z.strictObject({ team, name })),
  /** The most that members may give in an invite; with no uses they cannot invite. */
  'team.member-invites': nothing(
    z.strictObject({
      team,
      days: z.number().int().min(1).max(365),
      uses: z.number().int().min(0).max(1000),
    }),
  ),
  'wire.retry': nothing(inTeam),
  /** Examines the way to the relay, from the beginning. `withSilence` adds minutes in which a line is left silent. */
  'line.check': nothing(z.strictObject({ team, withSilence: z.boolean() })),
  /** Answered when there are more than `seen` findings, or when there will be none. */
  'line.checked': command<CheckView>()(z.strictObject({ team, seen: z.number().int().min(0) })),
  'line.check-stop': nothing(inTeam),
  /** The newest of what went over the wire; null when nothing has since `seen`, a record's version (-1: none seen). */
  'line.record': command<LineRecordView | null>()(
    z.strictObject({ team, seen: z.number().int().min(-1) }),
  ),
  /** Compares the doors of the relay by traffic of its own. `withIdle` adds a minute in which each is left alone. */
  'lab.start': nothing(z.strictObject({ team, withIdle: z.boolean() })),
  /** Answered when there is more than version `seen` (-1: none seen), or when there will be none. */
  'lab.look': command<LabView>()(z.strictObject({ team, seen: z.number().int().min(-1) })),
  'lab.stop': nothing(inTeam),

  /** What is on screen and whether a person can see it; decides read marks, notifications and catch-up order. */
  'view.look': nothing(
    z.strictObject({
      team: team.nullable(),
      channel: id.nullable(),
      isAtEnd: z.boolean(),
      isFocused: z.boolean(),
    }),
  ),
  /** Opens a channel's timeline: at the first unread message, at the live end, or around a message. */
  'timeline.open': nothing(
    z.strictObject({
      team,
      channel: id,
      at: z.union([z.literal('unread'), z.literal('end'), z.strictObject({ message: id })]),
    }),
  ),
  'timeline.close': nothing(none),
  'timeline.older': nothing(none),
  'timeline.newer': nothing(none),
  /** A hole came into view. */
  'timeline.fill': nothing(z.strictObject({ from: z.number(), to: z.number() })),

  /**
   * On disk when it is answered; the channel's draft is removed with it. The window names the
   * `message` that it draws already: the same one again changes nothing. `after` is the one before
   * it that was not answered yet: if that is refused, so is this one, and nothing overtakes.
   */
  'message.send': command<{ readonly id: string }>()(
    z.strictObject({
      team,
      channel: id,
      text,
      message: newMessage.optional(),
      after: newMessage.optional(),
    }),
  ),
  'message.retry': nothing(z.strictObject({ team, message: id })),
  /**
   * Takes a message or edit that was not sent out of the outbox; its text goes back to the caller.
   * `asDraft`: it is a draft first, on disk, before what is being written there.
   */
  'message.discard': command<{ readonly text: string }>()(
    z.strictObject({ team, message: id, asDraft: z.boolean().optional() }),
  ),
  'message.edit': nothing(z.strictObject({ team, channel: id, message: id, text })),
  'message.delete': nothing(z.strictObject({ team, channel: id, message: id })),
  'message.why': command<WhyView | null>()(z.strictObject({ team, message: id })),
  'draft.get': command<{ readonly text: string; readonly original: string | null }>()(
    z.strictObject(draft),
  ),
  /**
   * Kept up to `draftBytes` of the limits; beyond it is `too-large`, and what was kept before
   * stays. An empty text removes it.
   */
  'draft.set': nothing(z.strictObject({ ...draft, text: anyText, original: anyText.optional() })),
  /** The whole text of an entry of `unsent`. */
  'unsent.text': command<{ readonly text: string }>()(z.strictObject({ team, key: unsentKey })),
  /** Sends the text to another channel, and takes it from where it was. */
  'unsent.send': command<{ readonly id: string }>()(
    z.strictObject({ team, key: unsentKey, channel: id }),
  ),
  /** Removes it for good; its text goes back to the caller. */
  'unsent.discard': command<{ readonly text: string }>()(z.strictObject({ team, key: unsentKey })),
  'typing.tell': nothing(inChannel),

  'read.mark': nothing(z.strictObject({ team, channel: id, seq: z.number() })),
  /** Makes this message the first unread one. */
  'read.unmark': nothing(z.strictObject({ team, channel: id, message: id })),
  'read.all': nothing(inTeam),

  'channel.create': command<{ readonly channel: string }>()(
    z.strictObject({
      team,
      kind: z.enum(['public', 'private']),
      name,
      topic: name,
      members: z.array(id).max(1000),
    }),
  ),
  'channel.direct': command<{ readonly channel: string }>()(
    z.strictObject({ team, members: z.array(id).max(20) }),
  ),
  'channel.change': nothing(
    z.strictObject({ team, channel: id, name: name.optional(), topic: name.optional() }),
  ),
  'channel.archive': nothing(z.strictObject({ team, channel: id, isArchived: z.boolean() })),
  'channel.join': nothing(inChannel),
  'channel.leave': nothing(inChannel),
  'channel.add': nothing(z.strictObject({ team, channel: id, member: id })),
  'channel.remove': nothing(z.strictObject({ team, channel: id, member: id })),
  /** How far back the channel is on this computer without a hole; `at` is null with nothing of it. */
  'channel.held': command<{ readonly at: number | null; readonly isWhole: boolean }>()(inChannel),
  'channel.members': command<{ readonly members: readonly MemberView[] }>()(inChannel),
  'channel.level': nothing(
    z.strictObject({ team, channel: id, level: z.enum(['all', 'mentions', 'none']) }),
  ),

  'presence.set': nothing(z.strictObject({ team, presence: z.enum(['here', 'away', 'dnd']) })),
  'profile.set': nothing(z.strictObject({ team, name })),
  'password.change': nothing(z.strictObject({ team, current: secret, next: secret })),
  'member.role': nothing(
    z.strictObject({ team, member: id, role: z.enum(['owner', 'admin', 'member', 'guest']) }),
  ),
  'member.active': nothing(z.strictObject({ team, member: id, isActive: z.boolean() })),
  'session.list': command<{ readonly sessions: readonly SessionView[] }>()(inTeam),
  'session.end': nothing(z.strictObject({ team, session: id })),
  'invite.create': command<NewInvite>()(
    z.strictObject({
      team,
      role: z.enum(['admin', 'member', 'guest']),
      days: z.number().int().min(1).max(365),
      uses: z.number().int().min(1).max(1000),
    }),
  ),
  'invite.list': command<{ readonly invites: readonly InviteView[] }>()(inTeam),
  'invite.end': nothing(z.strictObject({ team, invite: id })),
} as const;

export type CommandName = keyof typeof COMMANDS;
export type CommandInput<Name extends CommandName> = z.infer<(typeof COMMANDS)[Name]['input']>;
export type CommandOutput<Name extends CommandName> =
  | NonNullable<(typeof COMMANDS)[Name]['output']>
  | (null extends (typeof COMMANDS)[Name]['output'] ? null : never);

/** A refusal of the relay (its `kind`), or one of the computer's own. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly retryAfterMs?: number | undefined;
  readonly field?: string | undefined;
  readonly expectedKey?: string | undefined;
  readonly seenKey?: string | undefined;
  /** With `replaces-team`. */
  readonly replaces?: KnownTeam | undefined;
}
export type ProblemKind =
  | import('../../protocol/errors.ts').RefusalKind
  /** The input is not of the command's schema, or no such command. */
  | 'bad-command'
  /** Needs the relay, and it is away. */
  | 'offline'
  | 'unreachable'
  | 'not-a-relay'
  | 'key-mismatch'
  | 'bad-invite'
  | 'bad-address'
  | 'already-joined'
  /**
   * The relay claims a team that is here under another key, and no person has agreed to replace it.
   */
  | 'replaces-team'
  | 'cannot-host'
  /** The doors are being compared already. */
  | 'lab-running'
  | 'bad-link';

export type CommandResult<Name extends CommandName> = Result<CommandOutput<Name>, Problem>;
export type CommandHandlers = {
  readonly [Name in CommandName]: (input: CommandInput<Name>) => Promise<CommandResult<Name>>;
};
