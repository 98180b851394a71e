/** How much silence the way bears: what is said of it on a clock that the test moves, and what real proxies do to a real relay's line. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeDown } from '../protocol/codec.ts';
import { CLOSE } from '../protocol/close-codes.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { fail, ok } from '../protocol/result.ts';
import { systemClock } from '../server/adapters/system-clock.ts';
import { generalChannel } from '../server/domain/members.ts';
import { WELCOME } from '../test/kit/connection-rig.ts';
import { createDoctorKit, type DoctorKit } from '../test/kit/doctor-kit.ts';
import { dialDoor, HELLO } from '../test/kit/door-client.ts';
import { createFakeClock, type FakeClock } from '../test/kit/fake-clock.ts';
import { startImpatientProxy } from '../test/kit/impatient-proxy.ts';
import { settle } from '../test/kit/relay-kit.ts';
import { HAPROXY, startHaproxy } from '../test/kit/services/haproxy.ts';
import { NGINX, startNginx } from '../test/kit/services/nginx.ts';
import { examine } from './examine.ts';
import type { Finding } from './findings.ts';
import type { OpenSocket, Sockets } from './ports.ts';
import { SILENCE_MS, SPOKEN_MS, waitInSilence } from './silence.ts';
import { systemSockets } from './sockets.ts';
import type { Subject, Visit } from './visit.ts';

describe('what is said of it', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = createFakeClock();
  });

  interface Line {
    readonly socket: OpenSocket;
    readonly sent: string[];
    events: Parameters<OpenSocket['watch']>[0];
    isEnded: boolean;
  }
  const never = (): never => {
    throw new Error('nobody asked for this');
  };
  const newLine = (): Line => {
    const line: Line = {
      socket: {
        send: (text) => void line.sent.push(text),
        watch: (events) => (line.events = events),
        end: () => (line.isEnded = true),
      },
      sent: [],
      events: { onBytes: never, onText: never, onClose: never },
      isEnded: false,
    };
    return line;
  };
  const welcome = ({ events }: Line, pingEveryMs: number = DEFAULT_LIMITS.pingEveryMs): void => {
    events.onBytes();
    events.onText(encodeDown({ ...WELCOME, limits: { ...WELCOME.limits, pingEveryMs } }));
  };
  /** @param next  the line that a second upgrade opens */
  const look = (line: Line | null, next?: Line): Promise<Finding> => {
    const sockets: Sockets = {
      lookUp: never,
      reach: never,
      secure: never,
      get: never,
      hear: never,
      upgrade: async () =>
        next ? ok({ status: 101, isAccepted: true, socket: next.socket }) : fail('ECONNREFUSED'),
    };
    const place = { host: '127.0.0.1', port: 1, trust: { kind: 'plain' } } as const;
    const subject: Subject = {
      place,
      team: null,
      access: async () => ok('token'),
      hello: () => HELLO,
      withSilence: true,
    };
    const { signal } = new AbortController();
    const visit: Visit = {
      subject,
      sockets,
      clock,
      signal,
      answer: null,
      token: null,
      socket: line?.socket ?? null,
    };
    return waitInSilence(visit);
  };
  const hellos = ({ sent }: Line): unknown[] => sent.map((text) => JSON.parse(text) as unknown);

  test('a relay is asked for more silence than the line is watched', async () => {
    const line = newLine();
    void look(line);
    expect(hellos(line)).toEqual([{ ...HELLO, silenceMs: DEFAULT_LIMITS.silenceMs }]);
    expect(DEFAULT_LIMITS.silenceMs).toBeGreaterThan(SILENCE_MS);
  });

  test.each([
    [12_000, 'idle.cut', false],
    [29_000, 'idle.cut', false],
    [30_000, 'idle.tight', false],
    [59_000, 'idle.tight', false],
    [60_000, 'idle.enough', true],
    [100_000, 'idle.enough', true],
  ])('a line that is cut after %i ms of it', async (ms, says, isWell) => {
    const line = newLine();
    const found = look(line);
    clock.advance(40);
    welcome(line);
    clock.advance(ms);
    line.events.onClose(1006);
    const silent = ms / 1_000;
    expect(await found).toEqual({
      step: 'idle',
      says,
      isWell,
      facts: { seconds: silent, silent, pause: 30 },
    });
    expect(clock.pending).toBe(0);
  });

  test('is held against the pause of this relay, not against the usual one', async () => {
    const line = newLine();
    const found = look(line);
    welcome(line, 50_000);
    clock.advance(59_000);
    line.events.onClose(1006);
    expect(await found).toMatchObject({ says: 'idle.cut', facts: { silent: 59, pause: 60 } });
  });

  test('a line that lives through all of it bears more than is needed', async () => {
    const line = newLine();
    const found = look(line);
    welcome(line);
    clock.advance(SILENCE_MS);
    expect(await found).toMatchObject({
      says: 'idle.kept',
      isWell: true,
      facts: { seconds: 150, silent: 150 },
    });
  });

  test('a relay that goes after enough of it has not spoilt the measurement, one that goes sooner has', async () => {
    for (const [ms, says] of [
      [70_000, 'idle.kept'],
      [20_000, 'idle.closed'],
    ] as const) {
      const line = newLine();
      const found = look(line);
      welcome(line);
      clock.advance(ms);
      line.events.onClose(CLOSE.tokenExpired);
      expect((await found).says).toBe(says);
    }
  });

  test('a relay that is too old to be silent is asked again without the wish, and watched between its pings', async () => {
    const [line, next] = [newLine(), newLine()];
    const found = look(line, next);
    line.events.onClose(CLOSE.protocolError);
    await settle();
    expect([line.isEnded, hellos(next)]).toEqual([true, [HELLO]]);
    welcome(next);
    for (let ms = 0; ms < SPOKEN_MS; ms += 20_000) {
      clock.advance(20_000);
      next.events.onBytes();
    }
    expect(await found).toMatchObject({
      says: 'idle.spoken',
      isWell: true,
      facts: { seconds: 60, silent: 20 },
    });
  });

  test('and what cuts a line between the pings of such a relay is found all the same', async () => {
    const [line, next] = [newLine(), newLine()];
    const found = look(line, next);
    line.events.onClose(CLOSE.protocolError);
    await settle();
    welcome(next);
    clock.advance(15_000);
    next.events.onClose(1006);
    expect(await found).toMatchObject({ says: 'idle.cut', facts: { silent: 15 } });
  });

  test('no line, or none a second time, is said to be closed', async () => {
    expect(await look(null)).toMatchObject({ says: 'idle.closed', facts: { code: 1006 } });
    const line = newLine();
    const found = look(line);
    line.events.onClose(CLOSE.protocolError);
    expect(await found).toMatchObject({
      says: 'idle.closed',
      facts: { code: CLOSE.protocolError },
    });
  });
});

describe('over a real relay', () => {
  let kit: DoctorKit;
  beforeEach(async () => {
    kit = await createDoctorKit();
  });
  afterEach(() => kit.dispose());

  /** What that step finds while the team talks. */
  async function found(subject: Subject): Promise<Finding | undefined> {
    const ada = await dialDoor(
      'socket',
      { address: `127.0.0.1:${kit.relay.port}`, fingerprint: null, isPlain: true },
      kit.token,
    );
    if ('kind' in ada) throw new Error(ada.kind);
    ada.say(HELLO);
    await ada.heard('caught-up');
    const channel = generalChannel(kit.relay.store.teamId);
    let said = 0;
    const talking = setInterval(() => {
      ada.say({
        t: 'post',
        op: `01980000-0000-7000-8000-${(++said).toString(16).padStart(12, '0')}` as never,
        channel,
        text: 'x',
      });
    }, 200);
    try {
      const all: Finding[] = [];
      const parts = {
        sockets: systemSockets,
        clock: systemClock,
        signal: new AbortController().signal,
      };
      for await (const one of examine({ ...subject, withSilence: true }, parts)) all.push(one);
      expect(ada.all('ack').length).toBeGreaterThan(3);
      return all.at(-1);
    } finally {
      clearInterval(talking);
      ada.socket.terminate();
    }
  }
  /** A machine that is busy is late to see it. */
  const expectCut = (one: Finding | undefined): void => {
    expect(one).toMatchObject({ says: 'idle.cut', isWell: false, facts: { pause: 30 } });
    expect([2, 3, 4, 5]).toContain(one?.facts['silent']);
  };

  test('what cuts a silent line is found, however much the team says meanwhile', async () => {
    const proxy = await startImpatientProxy(kit.relay.port, 2_000);
    kit.ends.push(() => proxy.close());
    expectCut(await found(kit.subject(proxy.port)));
  });

  test.skipIf(NGINX === undefined)('so is an Nginx whose proxy_read_timeout is short', async () => {
    const subject = await kit.behind((parts) =>
      startNginx(parts, (site) => site.replaceAll('timeout 90s', 'timeout 2s')),
    );
    expectCut(await found(subject));
  });

  test.skipIf(HAPROXY === undefined)('so is a HAProxy whose timeout tunnel is short', async () => {
    const subject = await kit.behind((parts) =>
      startHaproxy(parts, (config) => config.replace('timeout tunnel 90s', 'timeout tunnel 2s')),
    );
    expectCut(await found(subject));
  });
});
