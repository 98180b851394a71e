/** What the command line says to people: an answer of the relay as lines of text. */
import { renderUnicodeCompact } from 'uqr';
import type { Member } from '../../protocol/entities.ts';
import { parseInviteLink, showFingerprint } from '../../protocol/invite-link.ts';
import { assertNever } from '../../protocol/result.ts';
import type { BackupSummary } from '../ports/restore.ts';
import type { Answers, Command, CommandName } from '../control/commands.ts';
import type { CommandResult } from '../control/operator.ts';
import { countOf, type Restored } from '../restored.ts';

export interface Started {
  readonly port: number;
  readonly addresses: readonly string[];
  readonly fingerprint: string | null;
  readonly setupLink: string | null;
}

/** For the operator who just started a relay. */
export function describeStart(
  { port, addresses, fingerprint, setupLink }: Started,
  data: string,
): string {
  const lines = [
    `Landline relay, listening on port ${port}`,
    `  data         ${data}`,
    `  reachable at ${addresses.join(', ')}`,
    `  fingerprint  ${fingerprint === null ? 'none: TLS is off' : showFingerprint(fingerprint)}`,
  ];
  if (setupLink !== null) {
    lines.push(
      '',
      'This relay has no team yet. Whoever opens this link founds it and owns it:',
      '',
      `  ${setupLink}`,
      '',
      qr(setupLink),
    );
  }
  if (isHereOnly(addresses)) lines.push('', HERE_ONLY);
  return `${lines.join('\n')}\n`;
}

const HERE_ONLY = 'Only this computer reaches the relay. For others: start it with --host ::';
const isHereOnly = (addresses: readonly string[]): boolean =>
  addresses.every((address) => /^(?:127\.|localhost|\[::1\])/.test(address));

export function describe<C extends Command>(
  ask: C,
  value: Answers[C['command']],
  now: number,
): string {
  return describeAnswer({ name: ask.command, value } as Answered, now);
}

type Answered = {
  readonly [Name in CommandName]: { readonly name: Name; readonly value: Answers[Name] };
}[CommandName];

function describeAnswer(answered: Answered, now: number): string {
  switch (answered.name) {
    case 'invite':
      return invite(answered.value, now);
    case 'members':
      return members(answered.value);
    case 'add-member':
    case 'reset-password': {
      const { member, password } = answered.value;
      return `${member.name} signs in as ${member.handle} with the password\n\n  ${password}\n\nIt is shown this once. They should change it in Settings.\n`;
    }
    case 'set-active':
      return `${answered.value.name} is ${answered.value.isActive ? 'active' : 'shut out; their devices are cut off'}.\n`;
    case 'set-role':
      return `${answered.value.name} is ${answered.value.role}.\n`;
    case 'backup': {
      const { path, blobs } = answered.value;
      const others =
        blobs === null
          ? ''
          : `Blobs are not in it: copy those of ${blobs} now, after it and not before.\n`;
      return `A complete copy is at ${path}.\n${others}Keep relay-key.pem and token-keys.json of the data folder with it, in a safe place.\n`;
    }
    case 'restored':
      return answered.value === null ? NOTHING_RESTORED : describeRestored(answered.value);
    case 'end-restored': {
      const { ended, left } = answered.value;
      const rest =
        left === null ? '' : `Not ended, since a team needs an active owner:\n${listed(left)}`;
      return `Ended: ${ended}.\n${rest}`;
    }
    case 'status':
      return `${JSON.stringify(answered.value, null, 2)}\n`;
    default:
      return assertNever(answered);
  }
}

const NOTHING_RESTORED = 'No restore left anything to look at.\n';

/** Who and what a restore let in again, and how to end it. Empty when there is nothing. */
export function describeRestored(restored: Restored): string {
  const unknown = restored.isCompared
    ? ''
    : 'There was no newer store to compare with. Look through `member list`: members who were ' +
      'deactivated,\nand devices that were signed out since the backup, are let in again.\n';
  if (countOf(restored) === 0) return unknown;
  return (
    `${unknown}The restore let these in again:\n${listed(restored)}` +
    'End all of them: landline-relay restored end\n'
  );
}

function listed({ members: people, roles, sessions, memberships, invites }: Restored): string {
  const lines = [
    ...people.map(({ handle }) => `member ${handle}, who had been deactivated`),
    ...roles.map(({ handle, role, ended }) => `${handle} as ${role}, who had become ${ended}`),
    ...sessions.map(({ device, member }) => `device "${device}" of ${member.handle}, signed out`),
    ...memberships.map(({ name, member }) => `${member.handle} in "${name}", who was out of it`),
    ...invites.map(({ role, uses }) => `invite as ${role} with ${uses} uses`),
  ];
  return lines.map((line) => `  ${line}\n`).join('');
}

/** What a backup holds, before it takes the store's place. */
export function describeBackup({
  team,
  members: people,
  messages,
  newestAt,
}: BackupSummary): string {
  const newest = newestAt === null ? 'none' : new Date(newestAt).toISOString();
  return (
    `The backup holds the team "${team.name}": members ${people}, messages ${messages}, ` +
    `newest event ${newest}.\n`
  );
}

function invite({ purpose, link, role, expiresAt, uses }: Answers['invite'], now: number): string {
  const days = Math.max(1, Math.round((expiresAt - now) / 86_400_000));
  const good = `good for ${days} ${days === 1 ? 'day' : 'days'}, ${uses === 1 ? 'for one person' : `for ${uses} people`}`;
  const what =
    purpose === 'setup'
      ? 'Setup link: whoever opens it founds the team and owns it'
      : `Invite as ${role}`;
  const parsed = parseInviteLink(link);
  const note = parsed.ok && isHereOnly(parsed.value.relays) ? `\n${HERE_ONLY}\n` : '';
  return `${what} (${good})\n\n  ${link}\n\n${qr(link)}\n${note}`;
}

const qr = (text: string): string => renderUnicodeCompact(text, { border: 2 });

function members(all: readonly Member[]): string {
  if (all.length === 0) return 'Nobody yet: the team is not set up.\n';
  const width = Math.max(...all.map(({ handle }) => columns(handle)));
  const line = ({ handle, role, name, isActive }: Member): string =>
    `${handle}${' '.repeat(width - columns(handle))}  ${role.padEnd(6)}  ${name}${isActive ? '' : '  (shut out)'}`;
  return `${all.map(line).join('\n')}\n`;
}

/** How wide a terminal draws it: Chinese, Japanese and Korean take two columns each. */
const columns = (text: string): number =>
  [...text.replace(/\p{M}/gu, '')].length + (text.match(WIDE) ?? []).length;
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\uff01-\uff60]/gu;

/** The answer to a command, for people or for programs. */
export function writeAnswer(
  ask: Command,
  result: CommandResult,
  {
    isJson,
    now,
    out,
    err,
  }: {
    readonly isJson: boolean;
    readonly now: number;
    readonly out: (text: string) => void;
    readonly err: (text: string) => void;
  },
): number {
  if (isJson)
    out(
      `${JSON.stringify(result.ok ? { ok: true, value: result.value } : { ok: false, error: result.error })}\n`,
    );
  else if (result.ok) out(describe(ask, result.value as never, now));
  else err(`${result.error.message}\n`);
  return result.ok ? 0 : 1;
}
