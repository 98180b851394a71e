/** The door of the core: whatever name and value come in, a `Result` comes out, and nothing of what was not asked for happens. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMMANDS, type CommandName } from '../../electron/bridge/commands.ts';
import type { Question } from '../../protocol/frames-up.ts';
import { parseInviteLink } from '../../protocol/invite-link.ts';
import { createHouse, TEAM, type Desk, type House } from '../kit/house.ts';

let house: House;
let ada: Desk;
beforeEach(async () => {
  house = await createHouse();
  ada = await house.desk(house.kit.owner);
});
afterEach(() => house.dispose());

const call = (name: string, input: unknown): Promise<unknown> =>
  ada.now.session.call(name as CommandName, input);
const bad = { ok: false, error: { kind: 'bad-command' } };

describe('what is not in the table', () => {
  test.each([
    '',
    'nothing',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'OPEN',
    'open ',
    'message.send\u0000',
  ])('%j is no command', async (name) => {
    expect(await call(name, {})).toEqual(bad);
  });

  test('a value of another shape is no input, whatever the command', async () => {
    const values = [
      undefined,
      null,
      0,
      'x',
      [],
      { team: 1 },
      JSON.parse('{"__proto__":{"team":"x"}}'),
      { surplus: true },
      () => undefined,
      Symbol('x'),
      10n,
    ];
    const accepted: string[] = [];
    for (const name of Object.keys(COMMANDS)) {
      for (const value of values) {
        const answer = (await call(name, value)) as typeof bad;
        if (answer.ok || answer.error.kind !== 'bad-command')
          accepted.push(`${name} ${String(value)}`);
      }
    }
    expect(accepted).toEqual([]);
  });

  test('no name and no value makes it throw or log a failure', async () => {
    const names = fc.constantFrom(
      ...Object.keys(COMMANDS).filter((name) => name !== 'team.sign-out'),
      'other',
    );
    const known = fc.constantFrom(TEAM, house.kit.general, house.kit.owner.id, 'no', '');
    const input = fc.dictionary(
      fc.constantFrom(
        'team',
        'channel',
        'message',
        'member',
        'text',
        'at',
        'seq',
        'from',
        'to',
        'n',
        'id',
        'url',
        'typed',
        'level',
        'members',
        'name',
        'topic',
        'kind',
        'role',
        'isArchived',
        'isActive',
        'order',
        'presence',
        'session',
        'invite',
        'days',
        'uses',
      ),
      fc.oneof(
        known,
        fc.anything({ maxDepth: 2 }),
        fc.integer(),
        fc.boolean(),
        fc.constant('end'),
        fc.array(known, { maxLength: 3 }),
      ),
    );
    ada.plug.pull();
    await house.rest();
    await fc.assert(
      fc.asyncProperty(names, input, async (name, value) => {
        const answer = (await call(name, value)) as { readonly ok: boolean };
        expect(typeof answer.ok).toBe('boolean');
      }),
      { numRuns: 1_500 },
    );
    expect(ada.now.lines.filter((line) => line.event === 'command.failed')).toEqual([]);
  });
});

describe('what may leave', () => {
  test('a link is opened only as what it is', async () => {
    await ada.now.call('link.open', { url: ' https://example.org/a b'.replace(' b', '') });
    expect(await ada.now.refused('link.open', { url: 'javascript:alert(1)' })).toEqual({
      kind: 'bad-link',
    });
    expect(await ada.now.refused('link.open', { url: 'landline://join?relay=x&code=y' })).toEqual({
      kind: 'bad-link',
    });
    expect(ada.now.host.opened).toEqual(['https://example.org/a']);
  });

  test('a link of ours that the system hands over waits until the window takes it; any other is nothing', async () => {
    ada.now.desktop.openLink('landline://open?evil');
    ada.now.desktop.openLink('https://example.org');
    await house.rest();
    expect(ada.now.state.request).toBeNull();
    const link = `landline://join?relay=10.0.0.5:7420&code=c0de&key=${'ab'.repeat(32)}`;
    ada.now.desktop.openLink(link);
    await house.rest();
    expect(ada.now.state.request).toEqual({ n: 1, kind: 'invite', link });
    await ada.now.call('request.took', { n: 99 });
    await house.rest();
    expect(ada.now.state.request).not.toBeNull();
    await ada.now.call('request.took', { n: 1 });
    await house.rest();
    expect(ada.now.state.request).toBeNull();
  });
});

describe('several windows', () => {
  test('each has its own timeline, and all have the same team', async () => {
    const other = ada.now.desktop.openWindow();
    const batches: number[] = [];
    other.onBatch((batch) => batches.push(batch.n));
    const opened = await other.call('open', {});
    expect(opened.ok && opened.value.state.teamOrder).toEqual([TEAM]);
    await ada.now.call('timeline.open', { team: TEAM, channel: house.kit.general, at: 'end' });
    await ada.now.call('draft.set', { team: TEAM, channel: house.kit.general, text: 'x' });
    await house.rest();
    const again = await other.call('open', {});
    expect(
      again.ok && [
        again.value.state.timeline,
        Object.values(again.value.state.teams[TEAM]?.channels ?? {})[0]?.hasDraft,
      ],
    ).toEqual([null, true]);
    expect(ada.now.state.timeline?.channel).toBe(house.kit.general);
    other.dispose();
    const before = batches.length;
    await ada.now.call('draft.set', { team: TEAM, channel: house.kit.general, text: '' });
    await house.rest();
    expect(batches).toHaveLength(before);
  });
});

describe('invites', () => {
  test('are offered within the limits of the team, which an owner changes for all', async () => {
    const ben = await house.desk(await house.kit.person('ben'));
    const gus = await house.desk(await house.kit.person('gus', 'guest'));
    const may = (): unknown => [ada, ben, gus].map(({ now }) => now.team.team.mayInvite);
    const most = { days: 365, uses: 1_000 };
    expect(may()).toEqual([most, { days: 7, uses: 25 }, null]);

    const change = ada.now.call('team.member-invites', { team: TEAM, days: 30, uses: 5 });
    await house.rest();
    await change;
    expect(may()).toEqual([most, { days: 30, uses: 5 }, null]);
    // It is the team's, and so it is known offline too.
    await ben.restart();
    expect(ben.now.team.team.memberInvites).toEqual({ days: 30, uses: 5 });

    const none = ada.now.call('team.member-invites', { team: TEAM, days: 30, uses: 0 });
    await house.rest();
    await none;
    expect(may()).toEqual([most, null, null]);

    const asked = ben.now.session.call('team.member-invites', { team: TEAM, days: 1, uses: 1 });
    await house.rest();
    expect(await asked).toMatchObject({ ok: false, error: { kind: 'not-allowed' } });
  });

  test('come as a link and as the code of that link, and can be listed and ended', async () => {
    const fingerprint = 'cd'.repeat(32);
    ada.plug.answerNext = (frame) =>
      frame.t === 'create-invite'
        ? {
            t: 'invite',
            req: (frame as Question).req,
            invite: {
              id: 'i1',
              role: 'member',
              createdBy: house.kit.owner.id,
              createdAt: 1,
              expiresAt: 9,
              usesLeft: 1,
            },
            code: 'c0de',
            addresses: ['192.168.1.9:7420', 'ada.local:7420'],
            fingerprint,
          }
        : undefined;
    const invite = await ada.now.call('invite.create', {
      team: TEAM,
      role: 'member',
      days: 7,
      uses: 1,
    });
    expect(parseInviteLink(invite.link)).toEqual({
      ok: true,
      value: {
        purpose: 'join',
        relays: ['192.168.1.9:7420', 'ada.local:7420'],
        code: 'c0de',
        fingerprint,
      },
    });
    expect(invite.qr.length).toBeGreaterThan(30);
    expect(
      invite.qr.every(
        (row) =>
          row.length === invite.qr.length && row.every((module) => typeof module === 'boolean'),
      ),
    ).toBe(true);
    // The three finder patterns of every QR code.
    const corner = (x: number, y: number): string =>
      Array.from({ length: 7 }, (_, n) => (invite.qr[y]?.[x + n] === true ? '#' : '.')).join('');
    const far = invite.qr.length - 7;
    expect([corner(0, 0), corner(far, 0), corner(0, far), corner(far, far)]).toEqual([
      '#######',
      '#######',
      '#######',
      expect.not.stringMatching(/^#{7}$/),
    ]);
  });
});

describe('a session that lasts', () => {
  test('its tokens are renewed on the line at half of their life, and saved before they count', async () => {
    const { owner } = house.kit;
    house.kit.auth.principals.set('refresh', {
      member: owner.id,
      session: 'x' as never,
      accessExpiresAt: house.kit.clock.now() + 3_600_000,
    });
    const asked = (): number =>
      ada.plug.said.filter(({ way, text }) => way === 'up' && text.includes('"t":"refresh"'))
        .length;
    expect(asked()).toBe(0);
    await house.rest(1_799_000);
    expect([asked(), ada.now.team.team.wire.state]).toEqual([0, 'live']);
    await house.rest(2_000);
    expect([asked(), ada.now.team.team.wire.state]).toEqual([1, 'live']);
  });

  test('a refresh that is refused for good stops the line, and the relay is not asked again', async () => {
    await house.rest(1_801_000);
    expect(ada.now.team.team.wire).toEqual({ state: 'stopped', why: 'session-ended' });
    ada.plug.said.length = 0;
    await house.rest(3_600_000);
    expect(ada.plug.said).toEqual([]);
    await ada.restart();
    expect(ada.now.team.team.wire).toEqual({ state: 'stopped', why: 'session-ended' });
  });
});

describe('presence', () => {
  test('goes away with the person and comes back with them, unless they chose', async () => {
    const ben = await house.kit.live(await house.kit.person('ben'));
    const seen = (): unknown[] =>
      ben.all('presence').flatMap((frame) => frame.members[house.kit.owner.id] ?? []);
    await house.rest(2_000);
    ben.clear();
    const pass = async (): Promise<void> => {
      await house.rest(31_000);
      // The relay gives up a client that does not answer its pings.
      ben.side.heard();
    };
    ada.now.host.idle = 400;
    await pass();
    ada.now.host.idle = 0;
    await pass();
    await ada.now.call('presence.set', { team: TEAM, presence: 'dnd' });
    ada.now.host.idle = 400;
    await pass();
    expect(seen()).toEqual(['away', 'here', 'dnd']);
  });

  test('who types is shown for six seconds, or until they have said it', async () => {
    const ben = await house.kit.live(await house.kit.person('ben'));
    const typing = (): unknown => ada.now.team.typing;
    ben.say({ t: 'typing', channel: house.kit.general });
    await house.rest();
    const ids = Object.values(ada.now.team.members).flatMap((member) =>
      member.handle === 'ben' ? [member.id] : [],
    );
    expect(typing()).toEqual({ [house.kit.general]: ids });
    await house.rest(6_000);
    expect(typing()).toEqual({});
    ben.say({ t: 'typing', channel: house.kit.general });
    await house.rest();
    ben.say({ t: 'post', op: house.kit.id(), channel: house.kit.general, text: 'said' });
    await house.rest();
    expect(typing()).toEqual({});
  });
});
