/**
 * The command line of the relay: what was typed, taken apart and checked, or what is wrong with it. Nothing here does anything; a
 * mistake is answered with the usage and the exit code 2.
 */
import { parseArgs } from 'node:util';
import { ROLES, type Role } from '../../protocol/entities.ts';
import { DEFAULT_PORT, isFingerprint, isRelayAddress } from '../../protocol/invite-link.ts';
import { cleanName, isHandle, suggestHandle } from '../../protocol/names.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import { CONFIG_OPTIONS, type ConfigOption, type ConfigTexts } from '../config.ts';
import type { Command } from '../control/commands.ts';
import type { LineToExamine } from './line-doctor.ts';

export type Invocation =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'serve';
      readonly config: ConfigTexts;
      readonly isJson: boolean;
      readonly stopsWithStdin: boolean;
    }
  /** Something for the operator of a relay that may be running or not. */
  | {
      readonly kind: 'command';
      readonly config: ConfigTexts;
      readonly isJson: boolean;
      readonly command: Command;
    }
  /** `line`: the way to another place, in place of the relay of this machine. */
  | {
      readonly kind: 'doctor';
      readonly config: ConfigTexts;
      readonly isJson: boolean;
      readonly line?: LineToExamine;
    }
  | {
      readonly kind: 'restore';
      readonly config: ConfigTexts;
      readonly isJson: boolean;
      readonly from: string;
    }
  | {
      readonly kind: 'move';
      readonly isJson: boolean;
      readonly config: ConfigTexts;
      readonly from: StorePlace;
      readonly to: StorePlace;
    };

/** Where a store is: in a data folder, or in the database whose address stands in a file. */
export interface StorePlace {
  readonly kind: 'sqlite' | 'postgres';
  readonly path: string;
}

const OPTIONS = {
  ...(Object.fromEntries(
    Object.keys(CONFIG_OPTIONS).map((name) => [name, { type: 'string' }]),
  ) as Record<ConfigOption, { type: 'string' }>),
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  'stop-with-stdin': { type: 'boolean' },
  role: { type: 'string' },
  days: { type: 'string' },
  uses: { type: 'string' },
  handle: { type: 'string' },
  address: { type: 'string' },
  key: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
} as const;

type Values = Partial<Record<keyof typeof OPTIONS, string | boolean>>;

/** Where the help begins in the usage. */
const COLUMN = 35;

/** Which options each command knows, besides `--help`, `--json` and those of the configuration. */
const OWN: Readonly<Record<string, readonly (keyof typeof OPTIONS)[]>> = {
  serve: ['stop-with-stdin'],
  invite: ['role', 'days', 'uses'],
  'member list': [],
  'member add': ['role', 'handle'],
  'member deactivate': [],
  'member activate': [],
  'member role': [],
  'member reset-password': [],
  backup: [],
  restore: [],
  'restored list': [],
  'restored end': [],
  move: ['from', 'to'],
  doctor: ['address', 'key'],
};
/** Commands whose second word says what is done. */
const TWO_WORDS = new Set(['member', 'restored']);
const COMMON = new Set<string>(['help', 'json', ...Object.keys(CONFIG_OPTIONS)]);

/** @param resolvePath  makes a path of the shell's folder absolute */
export function readArguments(
  argv: readonly string[],
  resolvePath: (path: string) => string,
): Result<Invocation, string> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    return fail((error as Error).message.split('. ')[0] ?? 'unknown option');
  }
  const values: Values = parsed.values;
  if (values.help === true || argv.length === 0) return ok({ kind: 'help' });
  const words = parsed.positionals;
  const [first = ''] = words;
  const name = TWO_WORDS.has(first) ? words.slice(0, 2).join(' ') : first;
  const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  if (!own)
    return fail(name === '' ? 'which command?' : `there is no command "${name.slice(0, 80)}"`);
  const stray = Object.keys(values).find(
    (option) => !COMMON.has(option) && !own.includes(option as keyof typeof OPTIONS),
  );
  if (stray !== undefined) return fail(`${name} has no option --${stray}`);
  return invocationOf(name, words.slice(name.split(' ').length), values, resolvePath);
}

function invocationOf(
  name: string,
  rest: readonly string[],
  values: Values,
  resolvePath: (path: string) => string,
): Result<Invocation, string> {
  const config = Object.fromEntries(
    Object.keys(CONFIG_OPTIONS).flatMap((option) => {
      const value = values[option as ConfigOption];
      return typeof value === 'string' ? [[option, value]] : [];
    }),
  ) as ConfigTexts;
  const base = { config, isJson: values.json === true };
  const command = (ask: Command): Result<Invocation, string> =>
    ok({ kind: 'command', ...base, command: ask });
  const wants = WORDS[name] ?? [];
  if (rest.length < wants.length)
    return fail(`${name} needs ${wants.slice(rest.length).join(' and ')}`);
  if (rest.length > wants.length)
    return fail(
      `${name} does not know what to do with "${(rest[wants.length] ?? '').slice(0, 80)}"`,
    );
  const [first = '', second = ''] = rest;
  switch (name) {
    case 'serve':
      return ok({ kind: 'serve', ...base, stopsWithStdin: values['stop-with-stdin'] === true });
    case 'invite':
      return inviteOf(values, command);
    case 'member list':
      return command({ command: 'members' });
    case 'member add':
      return newMemberOf(first, values, command);
    case 'member deactivate':
    case 'member activate':
      return command({ command: 'set-active', who: first, isActive: name === 'member activate' });
    case 'member role':
      return isRole(second)
        ? command({ command: 'set-role', who: first, role: second })
        : fail(`a role is one of ${ROLES.join(', ')}`);
    case 'member reset-password':
      return command({ command: 'reset-password', who: first });
    case 'backup':
      return command({ command: 'backup', path: resolvePath(first) });
    case 'restore':
      return ok({ kind: 'restore', ...base, from: resolvePath(first) });
    case 'restored list':
      return command({ command: 'restored' });
    case 'restored end':
      return command({ command: 'end-restored' });
    case 'move':
      return moveOf(values, base, resolvePath);
    default:
      return doctorOf(values, base);
  }
}

/** The words each command needs after its name. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'member add': ['<name>'],
  'member deactivate': ['<handle>'],
  'member activate': ['<handle>'],
  'member role': ['<handle>', '<role>'],
  'member reset-password': ['<handle>'],
  backup: ['<file>'],
  restore: ['<file>'],
};

function doctorOf(
  values: Values,
  base: { readonly config: ConfigTexts; readonly isJson: boolean },
): Result<Invocation, string> {
  const { address, key } = values;
  if (typeof address !== 'string')
    return key === undefined ? ok({ kind: 'doctor', ...base }) : fail('--key goes with --address');
  if (!isRelayAddress(address)) return fail('--address is a host, or host:port');
  const fingerprint = typeof key === 'string' ? key.replaceAll(':', '').toLowerCase() : null;
  if (fingerprint !== null && !isFingerprint(fingerprint))
    return fail('--key is a fingerprint: 64 hex digits, with or without colons');
  const [, host = '', port] = /^\[?(.+?)\]?(?::(\d+))?$/.exec(address) ?? [];
  return ok({
    kind: 'doctor',
    ...base,
    line: { host, port: Number(port ?? DEFAULT_PORT), key: fingerprint },
  });
}

function moveOf(
  { from, to }: Values,
  base: { readonly config: ConfigTexts; readonly isJson: boolean },
  resolvePath: (path: string) => string,
): Result<Invocation, string> {
  const [source, target] = [placeOf(from, resolvePath), placeOf(to, resolvePath)];
  if (!source || !target)
    return fail(
      'move needs --from and --to, each sqlite:<data folder> or postgres:<file with the address>',
    );
  return ok({ kind: 'move', ...base, from: source, to: target });
}

function placeOf(
  text: string | boolean | undefined,
  resolvePath: (path: string) => string,
): StorePlace | undefined {
  const [, kind, path = ''] =
    /^(sqlite|postgres):(.+)$/.exec(typeof text === 'string' ? text : '') ?? [];
  return kind === 'sqlite' || kind === 'postgres' ? { kind, path: resolvePath(path) } : undefined;
}

type AsCommand = (ask: Command) => Result<Invocation, string>;

function inviteOf(values: Values, command: AsCommand): Result<Invocation, string> {
  const {
    role = 'member',
    days = String(DEFAULT_LIMITS.inviteDays),
    uses = String(DEFAULT_LIMITS.inviteUses),
  } = values;
  if (role !== 'admin' && role !== 'member' && role !== 'guest')
    return fail('--role of an invite is admin, member or guest');
  const { inviteMaxDays, inviteMaxUses } = DEFAULT_LIMITS;
  const [inDays, ofUses] = [numberIn(days, inviteMaxDays), numberIn(uses, inviteMaxUses)];
  if (inDays === undefined) return fail(`--days is a number from 1 to ${inviteMaxDays}`);
  if (ofUses === undefined) return fail(`--uses is a number from 1 to ${inviteMaxUses}`);
  return command({ command: 'invite', role, days: inDays, uses: ofUses });
}

function newMemberOf(
  typedName: string,
  values: Values,
  command: AsCommand,
): Result<Invocation, string> {
  const name = cleanName(typedName);
  if (name === '' || [...name].length > DEFAULT_LIMITS.nameLength)
    return fail(`a name has 1 to ${DEFAULT_LIMITS.nameLength} characters`);
  const handle =
    typeof values.handle === 'string'
      ? values.handle.replace(/^@/, '').normalize('NFC').toLowerCase()
      : suggestHandle(name);
  if (!isHandle(handle) || [...handle].length > DEFAULT_LIMITS.handleLength) {
    return fail('--handle is letters, digits, and . _ - between them, at most 32');
  }
  const { role = 'member' } = values;
  if (!isRole(role)) return fail(`--role is one of ${ROLES.join(', ')}`);
  return command({ command: 'add-member', handle, name, role });
}

const isRole = (text: unknown): text is Role => ROLES.some((role) => role === text);

function numberIn(text: string | boolean, max: number): number | undefined {
  const number = typeof text === 'string' && /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= max ? number : undefined;
}

export const USAGE_LINE = 'Usage: landline-relay <command> [options]';

export function usage(): string {
  const options = Object.entries(CONFIG_OPTIONS).map(([name, { value, help }]) => {
    const option = `  --${name} ${value}`;
    // What is too long for its column has a line of its own.
    return `${option.length < COLUMN ? option.padEnd(COLUMN) : `${option}\n${' '.repeat(COLUMN)}`}${help}`;
  });
  return `Landline relay: the line a team shares.

${USAGE_LINE}

Commands
  serve                            run the relay
  invite                           make an invite (before the team is set up: the setup link)
      --role admin|member|guest    what the newcomer may (default member)
      --days <number>              how long it is good (default ${DEFAULT_LIMITS.inviteDays})
      --uses <number>              how many people may use it (default ${DEFAULT_LIMITS.inviteUses})
  member list                      everybody in the team
  member add <name>                make a member with a fresh password
      --handle <handle>            (default: from the name)
      --role owner|admin|member|guest
  member deactivate <handle>       shut somebody out; their devices are cut off at once
  member activate <handle>         let them in again
  member role <handle> <role>      change what somebody may
  member reset-password <handle>   give somebody a fresh password; their devices are signed out
  backup <file>                    a complete copy of the store, also while the relay runs
  restore <file>                   put a backup in the store's place; the relay must not run
  restored list                    who and what the last restore let in again
  restored end                     end all of that again
  move                             carry the team to another database; no relay may run on either
      --from <store>               sqlite:<data folder> or postgres:<file with the address>
      --to <store>                 the same; an empty place
  doctor                           look for what is wrong and say what to do
      --address <host:port>        look at the way from here to a relay there, instead
      --key <fingerprint>          and hold its key against this one

Options, for every command; each can also be set as LANDLINE_<NAME> in the environment
${options.join('\n')}
  --json                           answer in JSON, on standard output
  --help                           this text

serve only
  --stop-with-stdin                go down when standard input closes (for a program that starts the relay)
`;
}
