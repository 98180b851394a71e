/** Somebody with a token, a session or a password that is not theirs, or no more: what they get of the whole relay. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { TICK_MS } from '../../server/gateway/wheel.ts';
import { CERTIFICATE_FILE } from '../../server/lan/tls.ts';
import { createFakeClock } from '../kit/fake-clock.ts';
import { createLineKit, LINE_PASSWORD } from '../kit/line-kit.ts';
import { useLineTeam } from '../kit/line-team.ts';
import { handshake } from '../kit/socket-kit.ts';

const team = useLineTeam();

describe('a token', () => {
  const b64 = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const statusFor = async (token: string): Promise<string> =>
    (
      await team.kit.answer(handshake(team.kit.relay.port, { Authorization: `Bearer ${token}` }))
    ).slice(9, 12);
  const parts = (): {
    header: Record<string, unknown>;
    claims: Record<string, unknown>;
    signature: string;
    text: string;
  } => {
    const [header = '', claims = '', signature = ''] = team.bo.tokens.access.split('.');
    const read = (text: string) =>
      JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
    return { header: read(header), claims: read(claims), signature, text: `${header}.${claims}` };
  };
  const day = 86_400;

  const forged: readonly (readonly [string, string, () => string])[] = [
    ...['none', 'None', 'NONE', 'nOnE', 'none ', ''].map(
      (alg) =>
        [
          'S45',
          `alg "${alg}"`,
          () => `${b64({ ...parts().header, alg })}.${b64(parts().claims)}.`,
        ] as const,
    ),
    [
      'S45',
      'signed with the certificate that everybody sees',
      () => withKey(readFileSync(join(team.kit.folder, 'data', CERTIFICATE_FILE))),
    ],
    ['S45', 'signed with nothing', () => withKey('')],
    ['S46', 'that brings its own key', () => withHeader({ jwk: { kty: 'oct', k: 'AAAA' } })],
    [
      'S46',
      'that names where its key lies',
      () => withHeader({ jku: `https://127.0.0.1:${team.kit.relay.port}/v1/relay` }),
    ],
    ['S46', 'that brings a certificate', () => withHeader({ x5c: ['AAAA'] })],
    [
      'S46',
      'that names where its certificate lies',
      () => withHeader({ x5u: 'https://evil.test/cert' }),
    ],
    ['S47', 'with a kid that climbs', () => withHeader({ kid: '../../dev/null' })],
    ['S47', 'with SQL in its kid', () => withHeader({ kid: "x' OR 1=1 --" })],
    ['S47', 'with a kid of 10 KiB', () => withHeader({ kid: 'k'.repeat(10_240) })],
    ['S48', 'with something critical', () => withHeader({ crit: ['evil'], evil: true })],
    ['S48', 'with b64 off', () => withHeader({ crit: ['b64'], b64: false })],
    ['S48', 'of five parts', () => `${team.bo.tokens.access}.x.y`],
    [
      'S50',
      'whose time was changed',
      () => withClaims({ exp: Number(parts().claims['exp']) + day }),
    ],
    ['S50', 'without a time', () => withClaims({ exp: undefined })],
    ['S50', 'of another team', () => withClaims({ iss: '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7bff' })],
    ['S50', 'of somebody else', () => withClaims({ sub: team.ada.member.id })],
  ];
  const signed = (text: string, key: string | Buffer): string =>
    `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  const withKey = (key: string | Buffer): string => signed(parts().text, key);
  const withHeader = (more: object): string =>
    `${b64({ ...parts().header, ...more })}.${b64(parts().claims)}.${parts().signature}`;
  const withClaims = (more: object): string =>
    `${b64(parts().header)}.${b64({ ...parts().claims, ...more })}.${parts().signature}`;

  test.each(forged)('%s: %s opens nothing', async (_id, _what, token) => {
    expect(await statusFor(token())).toMatch(/^4(?:01|31)$/);
    await team.withLine(team.bo, async (line) => expect(line.all('welcome')).toHaveLength(1));
  });
});

describe('a session', () => {
  test('S51: opens nothing after its token, and its live socket goes a little later', async () => {
    const [clock, limits] = [
      createFakeClock(Date.now()),
      { accessTokenMs: 5_000, accessGraceMs: 3_000 },
    ];
    const small = await createLineKit(limits, 'own', {}, { clock });
    try {
      const line = await small.line(small.ada);
      clock.advance(limits.accessTokenMs);
      const late = await small.answer(
        handshake(small.relay.port, { Authorization: `Bearer ${small.ada.tokens.access}` }),
      );
      expect(late.slice(9, 12)).toBe('401');
      expect(await line.ask({ t: 'get-team', req: 1 })).toMatchObject({ t: 'team-state' });
      clock.advance(limits.accessGraceMs + TICK_MS);
      expect(await line.closed).toBe(CLOSE.tokenExpired);
    } finally {
      await small.dispose();
    }
  });

  test('S55: that is ended while everybody talks hears no more within a second, and is told to stop', async () => {
    const second = await team.kit.signIn('bo');
    const line = await team.kit.line(second);
    let lastHeard = 0;
    line.ws.on('message', () => (lastHeard = performance.now()));
    await team.withLine(team.ada, async (hers) => {
      let isOver = false;
      const talk = (async () => {
        for (let n = 0; !isOver; n++)
          await hers.ask({
            t: 'post',
            op: team.kit.op(),
            channel: team.general,
            text: `talk ${n}`,
          });
      })();
      await line.until((frame) => JSON.stringify(frame).includes('talk 5'));
      const ended = await team.withLine(team.bo, async (his) => {
        expect(await his.ask({ t: 'end-session', req: 1, session: second.session })).toMatchObject({
          t: 'done',
        });
        return performance.now();
      });
      expect(await line.closed).toBe(CLOSE.sessionEnded);
      const closedAfter = performance.now() - ended;
      const told = line.texts.length;
      await hers.ask({ t: 'post', op: team.kit.op(), channel: team.general, text: 'canary-after' });
      isOver = true;
      await talk;
      expect([line.texts.length, line.texts.join('').includes('canary-after')]).toEqual([
        told,
        false,
      ]);
      expect(lastHeard - ended).toBeLessThan(1_000);
      expect(closedAfter).toBeLessThan(2_000);
    });
    const again = await team.kit.answer(
      handshake(team.kit.relay.port, { Authorization: `Bearer ${second.tokens.access}` }),
    );
    expect(again.slice(9, 12)).toBe('401');
  });

  test('S56: ends with a change of the password everywhere but where it was changed', async () => {
    const cy = await team.kit.person('cy');
    const others = [
      await team.kit.line(await team.kit.signIn('cy')),
      await team.kit.line(await team.kit.signIn('cy')),
    ];
    await team.withLine(cy, async (line) => {
      const change = {
        t: 'change-password',
        req: 1,
        current: LINE_PASSWORD,
        next: 'ten lives of the office dog',
      };
      expect(await line.ask(change)).toMatchObject({ t: 'done' });
      expect(await Promise.all(others.map(({ closed }) => closed))).toEqual([
        CLOSE.sessionEnded,
        CLOSE.sessionEnded,
      ]);
      expect(await line.ask({ t: 'sessions', req: 2 })).toMatchObject({
        sessions: [{ id: cy.session, isLive: true }],
      });
    });
    expect(
      (await team.kit.ask('/v1/sign-in', { handle: 'cy', password: LINE_PASSWORD, device: 'x' }))
        .status,
    ).toBe(401);
  });

  const refresh = (token: string) => team.kit.ask('/v1/refresh', { refresh: token });
  const next = async (token: string): Promise<string> =>
    ((await refresh(token)).body as { tokens: { refresh: string } }).tokens.refresh;

  test('S57: ends for both who hold it when a token of long ago comes back, and its live socket is told', async () => {
    const di = await team.kit.person('di');
    const line = await team.kit.line(di);
    const newest = await next(await next(di.tokens.refresh));
    expect(await refresh(di.tokens.refresh)).toMatchObject({
      status: 401,
      body: { refusal: { kind: 'session-ended', retryable: false } },
    });
    expect(await line.closed).toBe(CLOSE.sessionEnded);
    expect((await refresh(newest)).status).toBe(401);
    expect(
      team.kit.log.some(
        (text) => text.includes('"reason":"replayed"') && text.includes(di.session),
      ),
    ).toBe(true);
  });

  test('S58: survives a device that is killed between every refresh and saving it', async () => {
    const ed = await team.kit.person('ed');
    let saved = ed.tokens.refresh;
    for (let n = 0; n < 50; n++) {
      // What came back is lost with the process; now and then it gets to saving.
      const fresh = await next(saved);
      if (n % 7 === 6) saved = fresh;
    }
    expect((await refresh(saved)).status).toBe(200);
  });
});

test('S62: a password of a megabyte, or of a byte too many, costs no hash', async () => {
  const begun = team.kit.relay.auth.passwords.hashesBegun;
  const statuses = [];
  for (const password of ['x'.repeat(1_000_000), 'x'.repeat(1_025), '密'.repeat(400)]) {
    statuses.push(
      (await team.kit.ask('/v1/sign-in', { handle: 'bo', password, device: 'x' })).status,
    );
  }
  expect([statuses, team.kit.relay.auth.passwords.hashesBegun]).toEqual([[413, 400, 401], begun]);
});
