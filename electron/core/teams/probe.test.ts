import { describe, expect, test } from 'vitest';
import { refuse } from '../../../protocol/errors.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { DialFault, HttpAnswer, RelayNet } from '../ports.ts';
import { cleanAddress, probeRelay } from './probe.ts';

const KEY = 'ab'.repeat(32);

interface Rig {
  readonly net: RelayNet;
  readonly story: string[];
}

/** A network on which some addresses answer. */
function rig(answers: Readonly<Record<string, Result<HttpAnswer, DialFault>>>): Rig {
  const story: string[] = [];
  const net: RelayNet = {
    dial: async () => fail({ kind: 'unreachable' }),
    peek: async (address) => {
      story.push(`peek ${address}`);
      return Object.keys(answers).some((known) => known.startsWith(address))
        ? ok({ fingerprint: KEY })
        : fail({ kind: 'unreachable' });
    },
    request: async ({ address, fingerprint }, { path, body }) => {
      story.push(
        `${address} ${fingerprint === null ? 'CA' : 'pinned'} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`,
      );
      return answers[`${address}${path}`] ?? fail({ kind: 'unreachable' });
    },
  };
  return { net, story };
}

const info = (name: string | null): Result<HttpAnswer, DialFault> =>
  ok({
    status: 200,
    body: {
      product: 'landline',
      versions: { min: 1, max: 1 },
      team: name === null ? null : { id: 't', name },
    },
  });
const invite = ok({
  status: 200,
  body: {
    team: { id: 't', name: 'Night shift', createdAt: 1, memberInviteDays: 7, memberInviteUses: 25 },
    role: 'member',
    invitedBy: 'Ada',
    expiresAt: 9,
  },
});
const link = (more = `&key=${KEY}`, relays = '10.0.0.5:7420'): string =>
  `landline://join?relay=${relays}&code=c0de${more}`;

describe('a typed address', () => {
  test('is looked at before it is spoken to, and its key is for a person to compare', async () => {
    const { net, story } = rig({ 'relay.lan:7420/v1/relay': info('Night shift') });
    expect(await probeRelay(' https://Relay.LAN/ ', net, [])).toEqual(
      ok({
        address: 'relay.lan:7420',
        teamName: 'Night shift',
        fingerprint: KEY,
        isPinnedByInvite: false,
        needsSetup: false,
        invite: null,
        replaces: null,
      }),
    );
    expect(story).toEqual(['peek relay.lan:7420', 'relay.lan:7420 pinned /v1/relay']);
  });

  test('without a team yet asks to be set up', async () => {
    const { net } = rig({ '10.0.0.5:7421/v1/relay': info(null) });
    expect(await probeRelay('10.0.0.5:7421', net, [])).toMatchObject({
      value: { needsSetup: true, teamName: null },
    });
  });

  test('where something else answers is no relay; where nobody does, unreachable', async () => {
    const { net } = rig({
      'web.lan:7420/v1/relay': ok({ status: 200, body: { product: 'teapot' } }),
    });
    expect(await probeRelay('web.lan', net, [])).toEqual(fail({ kind: 'not-a-relay' }));
    expect(await probeRelay('gone.lan', net, [])).toEqual(fail({ kind: 'unreachable' }));
  });

  test.each([
    ['relay', 'relay:7420'],
    ['RELAY.example:80', 'relay.example:80'],
    ['wss://relay.example//', 'relay.example:7420'],
    ['[2001:db8::1]:99', '[2001:db8::1]:99'],
    ['ws://127.0.0.1:8080', 'ws://127.0.0.1:8080'],
    ['http://localhost:8080/', 'ws://localhost:8080'],
    ['ws://10.0.0.5:8080', undefined],
    ['ftp://relay', undefined],
    ['relay/path', undefined],
    ['user@relay', undefined],
    ['relay:0', undefined],
    ['relay:70000', undefined],
    ['two words', undefined],
    ['', undefined],
  ])('%j is taken as %j', (typed, address) => {
    expect(cleanAddress(typed)).toBe(address);
  });

  test('that is none is refused without a packet', async () => {
    const { net, story } = rig({});
    expect(await probeRelay('not an address', net, [])).toEqual(fail({ kind: 'bad-address' }));
    expect(story).toEqual([]);
  });
});

describe('an invite', () => {
  test('brings the pin with it, and its code is said to that key alone', async () => {
    const { net, story } = rig({
      '10.0.0.5:7420/v1/relay': info('Night shift'),
      '10.0.0.5:7420/v1/invite': invite,
    });
    expect(await probeRelay(link(), net, [])).toEqual(
      ok({
        address: '10.0.0.5:7420',
        teamName: 'Night shift',
        fingerprint: KEY,
        isPinnedByInvite: true,
        needsSetup: false,
        invite: { code: 'c0de', invitedBy: 'Ada' },
        replaces: null,
      }),
    );
    expect(story).toEqual([
      '10.0.0.5:7420 pinned /v1/relay',
      '10.0.0.5:7420 pinned /v1/invite {"code":"c0de"}',
    ]);
  });

  test('without a key is for a relay behind a certificate this computer trusts', async () => {
    const { net, story } = rig({
      'relay.example:7420/v1/relay': info('Night shift'),
      'relay.example:7420/v1/invite': invite,
    });
    expect(await probeRelay(link('', 'relay.example'), net, [])).toMatchObject({
      value: { fingerprint: null, isPinnedByInvite: false },
    });
    expect(story.every((line) => line.includes(' CA '))).toBe(true);
  });

  test('with several addresses is tried in their order', async () => {
    const { net, story } = rig({
      'ada.local:7420/v1/relay': info('Night shift'),
      'ada.local:7420/v1/invite': invite,
    });
    expect(await probeRelay(link(undefined, '192.168.1.9,ada.local'), net, [])).toMatchObject({
      value: { address: 'ada.local:7420' },
    });
    expect(story[0]).toBe('192.168.1.9:7420 pinned /v1/relay');
  });

  test('whose first address shows another key tells of the key, not of the others', async () => {
    const fault = fail({ kind: 'key-mismatch', expected: KEY, seen: 'cd' } as const);
    const { net } = rig({ '10.0.0.5:7420/v1/relay': fault });
    expect(await probeRelay(link(undefined, '10.0.0.5,10.0.0.6'), net, [])).toEqual(
      fail({ kind: 'key-mismatch', expectedKey: KEY, seenKey: 'cd' }),
    );
  });

  test('that was used up or is mistyped is a bad invite', async () => {
    const { net } = rig({
      '10.0.0.5:7420/v1/relay': info('Night shift'),
      '10.0.0.5:7420/v1/invite': ok({ status: 404, body: { refusal: refuse('not-found') } }),
    });
    expect(await probeRelay(link(), net, [])).toEqual(fail({ kind: 'bad-invite' }));
    for (const typed of [
      'landline://join',
      'landline://join?relay=&code=x',
      'landline://join?relay=a&code=',
      'landline://join?relay=a&code=b&key=zz',
    ]) {
      expect(await probeRelay(typed, net, [])).toEqual(fail({ kind: 'bad-invite' }));
    }
  });

  test('to set up a team that is set up already says so', async () => {
    const { net, story } = rig({ '10.0.0.5:7420/v1/relay': info('Night shift') });
    expect(await probeRelay(link().replace('join', 'setup'), net, [])).toEqual(
      fail({ kind: 'setup-done' }),
    );
    expect(story).toHaveLength(1);
  });
});

describe('a team that is on this computer', () => {
  const here = (more: object = {}) => [
    { relayTeam: 'other', name: 'Other', address: 'x.lan:7420', fingerprint: 'cd'.repeat(32) },
    {
      relayTeam: 't',
      name: 'Mine',
      address: 'mine.lan:7420',
      fingerprint: 'cd'.repeat(32),
      ...more,
    },
  ];
  const { net } = rig({
    '10.0.0.5:7420/v1/relay': info('Night shift'),
    '10.0.0.5:7420/v1/invite': invite,
  });

  test('and is claimed by a relay with another key is named with the known key', async () => {
    const replaces = {
      name: 'Mine',
      address: 'mine.lan:7420',
      fingerprint: 'cd'.repeat(32),
      trust: `key:${'cd'.repeat(32)}`,
    };
    for (const typed of [link(), '10.0.0.5'])
      expect(await probeRelay(typed, net, here())).toMatchObject({ value: { replaces } });
  });

  test('is not claimed by its own relay, nor by one that has no team', async () => {
    expect(await probeRelay(link(), net, here({ fingerprint: KEY }))).toMatchObject({
      value: { replaces: null },
    });
    const empty = rig({ '10.0.0.5:7420/v1/relay': info(null) });
    expect(await probeRelay('10.0.0.5', empty.net, here())).toMatchObject({
      value: { replaces: null },
    });
  });
});
