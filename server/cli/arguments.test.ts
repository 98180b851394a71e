import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { readArguments, usage } from './arguments.ts';

const read = (...argv: readonly string[]) => readArguments(argv, (path) => `/here/${path}`);

describe('the command line', () => {
  test.each<readonly [readonly string[], unknown]>([
    [[], { kind: 'help' }],
    [['--help'], { kind: 'help' }],
    [['serve', '-h'], { kind: 'help' }],
    [['serve'], { kind: 'serve', config: {}, isJson: false, stopsWithStdin: false }],
    [
      ['serve', '--json', '--stop-with-stdin', '--data', 'd', '--port=0', '--tls', 'off'],
      {
        kind: 'serve',
        config: { data: 'd', port: '0', tls: 'off' },
        isJson: true,
        stopsWithStdin: true,
      },
    ],
    [['invite'], { command: { command: 'invite', role: 'member', days: 7, uses: 1 } }],
    [
      ['invite', '--role', 'guest', '--days', '30', '--uses', '5'],
      { command: { role: 'guest', days: 30, uses: 5 } },
    ],
    [
      ['member', 'list', '--json'],
      { kind: 'command', isJson: true, command: { command: 'members' } },
    ],
    [
      ['member', 'add', ' Ada  Okafor '],
      {
        command: {
          command: 'add-member',
          handle: 'ada.okafor',
          name: 'Ada Okafor',
          role: 'member',
        },
      },
    ],
    [
      ['member', 'add', '林佳穎', '--handle', '@Lin', '--role', 'admin'],
      { command: { handle: 'lin', name: '林佳穎', role: 'admin' } },
    ],
    [
      ['member', 'deactivate', 'ada'],
      { command: { command: 'set-active', who: 'ada', isActive: false } },
    ],
    [
      ['member', 'activate', 'ada'],
      { command: { command: 'set-active', who: 'ada', isActive: true } },
    ],
    [
      ['member', 'role', 'ada', 'owner'],
      { command: { command: 'set-role', who: 'ada', role: 'owner' } },
    ],
    [['member', 'reset-password', 'ada'], { command: { command: 'reset-password', who: 'ada' } }],
    [['backup', 'b.sqlite'], { command: { command: 'backup', path: '/here/b.sqlite' } }],
    [['restored', 'list'], { kind: 'command', command: { command: 'restored' } }],
    [['restored', 'end'], { kind: 'command', command: { command: 'end-restored' } }],
    [['restore', 'b.sqlite'], { kind: 'restore', from: '/here/b.sqlite' }],
    [
      ['move', '--from', 'sqlite:d', '--to=postgres:p'],
      {
        kind: 'move',
        from: { kind: 'sqlite', path: '/here/d' },
        to: { kind: 'postgres', path: '/here/p' },
      },
    ],
    [['doctor', '--data', 'd'], { kind: 'doctor', config: { data: 'd' } }],
    [
      ['doctor', '--address', 'chat.example'],
      { kind: 'doctor', line: { host: 'chat.example', port: 7420, key: null } },
    ],
    [
      ['doctor', '--address', '[fd00::7]:443', '--key', 'AB:'.repeat(31) + 'CD'],
      { line: { host: 'fd00::7', port: 443, key: 'ab'.repeat(31) + 'cd' } },
    ],
  ])('%j is understood', (argv, meaning) => {
    expect(read(...argv)).toMatchObject({ ok: true, value: meaning });
  });

  test.each([
    [['frobnicate'], 'there is no command "frobnicate"'],
    [['serve', '--prot', '1'], "Unknown option '--prot'"],
    [['serve', '--role', 'guest'], 'serve has no option --role'],
    [['serve', 'now'], 'serve does not know what to do with "now"'],
    [['member'], 'there is no command "member"'],
    [['member', 'add'], 'member add needs <name>'],
    [['member', 'role', 'ada'], 'member role needs <role>'],
    [['member', 'role', 'ada', 'king'], 'a role is one of'],
    [['invite', '--days', '0'], '--days is a number from 1 to 365'],
    [['invite', '--role', 'owner'], '--role of an invite'],
    [['backup'], 'backup needs <file>'],
    [['move', '--from', 'sqlite:d'], 'move needs --from and --to'],
    [['move', '--from', 'd', '--to', 'postgres:p'], 'move needs --from and --to'],
    [['doctor', '--address', 'https://x'], '--address is a host'],
    [['doctor', '--address', 'x', '--key', 'abc'], '--key is a fingerprint'],
    [['doctor', '--key', 'abc'], '--key goes with --address'],
  ])('%j is refused with what is wrong', (argv, words) => {
    expect(read(...argv)).toEqual({ ok: false, error: expect.stringContaining(words) });
  });

  test('an invite is good for inviteDays and inviteUses unless told otherwise', () => {
    const { inviteDays: days, inviteUses: uses } = DEFAULT_LIMITS;
    expect(read('invite')).toMatchObject({ value: { command: { days, uses } } });
    expect(usage()).toContain(`(default ${days})`);
  });

  test('a name and a handle are measured as the wire measures them', () => {
    const { nameLength, handleLength } = DEFAULT_LIMITS;
    const add = (name: string, handle: string) =>
      read('member', 'add', name, '--handle', handle).ok;
    expect([add('🦊'.repeat(nameLength), 'fox'), add('🦊'.repeat(nameLength + 1), 'fox')]).toEqual([
      true,
      false,
    ]);
    expect([
      add('Ada', 'a'.repeat(handleLength)),
      add('Ada', 'a'.repeat(handleLength + 1)),
    ]).toEqual([true, false]);
  });

  test('every option of the configuration is in the usage', () => {
    for (const option of [
      '--data',
      '--host',
      '--port',
      '--tls',
      '--node',
      '--log',
      '--advertise',
      '--trusted-proxies',
      '--limits',
    ]) {
      expect(usage()).toContain(option);
    }
  });
});
