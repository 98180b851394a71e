/** A line on a fake clock, with a network that does as it is told, and what happened at which millisecond. */
import { encodeDown } from '../../protocol/codec.ts';
import type { Down } from '../../protocol/frames-down.ts';
import type { Epoch, MemberId, SessionId } from '../../protocol/ids.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import type { Wire } from '../../electron/bridge/views.ts';
import { createConnection, type Connection } from '../../electron/core/connection/connection.ts';
import type { RenewFault } from '../../electron/core/connection/line-events.ts';
import type { DialFault, RelayNet, RelaySocket, SocketEvents } from '../../electron/core/ports.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { settle } from './relay-kit.ts';

export interface FakeSocket {
  readonly events: SocketEvents;
  readonly sent: string[];
  isEnded: boolean;
  pings: number;
}

export interface Rig {
  readonly clock: FakeClock;
  readonly connection: Connection;
  readonly sockets: FakeSocket[];
  /** What happened, each with its millisecond. */
  readonly story: string[];
  /** The token each dial brought. */
  readonly tokens: string[];
  /** What comes of dialling a WebSocket; `swallowed`: nothing, after the upgrade was sent. */
  next: Result<'open', DialFault> | 'swallowed';
  /** The same at the other doors. */
  atDoors: Result<'open', DialFault>;
  answersPings: boolean;
  /** Holds the next dials back. */
  opening: Promise<undefined> | undefined;
  renewal: Result<string, RenewFault>;
  readonly wire: Wire;
  live(): Promise<void>;
  advance(ms: number): Promise<void>;
}

/** The first word of a relay that has nothing else to say. */
export const WELCOME: Down<'welcome'> = {
  t: 'welcome',
  version: 1,
  epoch: '0'.repeat(32) as Epoch,
  isResumed: true,
  team: { id: 't', name: 'Team', createdAt: 0, memberInviteDays: 7, memberInviteUses: 25 },
  member: '00000000-0000-0000-0000-000000000001' as MemberId,
  session: '00000000-0000-0000-0000-000000000002' as SessionId,
  node: 'n1',
  at: 0,
  heads: {},
  accessExpiresInMs: 600_000,
  limits: {
    textBytes: 16_384,
    pageEvents: 200,
    sendsPerSecond: 10,
    sendsBurst: 30,
    pingEveryMs: 25_000,
  },
};

export function rig(): Rig {
  const clock = createFakeClock(0);
  const sockets: FakeSocket[] = [];
  const story: string[] = [];
  const tokens: string[] = [];
  const tell = (what: string): void => void story.push(`${clock.monotonic()} ${what}`);
  const net: Pick<RelayNet, 'dial'> = {
    dial: async (_target, token, events, door = 'socket', signal) => {
      tell(door === 'socket' ? 'dial' : `dial ${door}`);
      tokens.push(token);
      const next = door === 'socket' ? self.next : self.atDoors;
      if (next === 'swallowed') {
        events.onReached?.();
        return new Promise((resolve) =>
          signal?.addEventListener('abort', () => resolve(fail({ kind: 'unreachable' }))),
        );
      }
      if (!next.ok) return next;
      if (door === 'socket') events.onReached?.();
      const socket: FakeSocket = { events, sent: [], isEnded: false, pings: 0 };
      sockets.push(socket);
      await self.opening;
      const port: RelaySocket = {
        send: (text) => void socket.sent.push(text),
        ping: () => {
          socket.pings++;
          if (self.answersPings) events.onPong();
        },
        terminate: () => void (socket.isEnded = true),
      };
      return ok(port);
    },
  };
  let access = 'first';
  let last: Wire | undefined;
  const connection = createConnection({
    clock,
    random: { bytes: (length) => new Uint8Array(length), fraction: () => 0.5 },
    net: net as RelayNet,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    target: () => ({ address: 'relay:7420', fingerprint: null }),
    access: async () => ok(access),
    renew: async () => {
      tell('renew');
      if (self.renewal.ok) access = self.renewal.value;
      return self.renewal;
    },
    hello: () => ({
      t: 'hello',
      versions: { min: 1, max: 1 },
      epoch: null,
      positions: {},
      focus: null,
      presence: 'here',
    }),
    onWelcome: () => tell('welcome'),
    onFrame: (frame) => tell(`frame ${frame.t}`),
    onLost: () => tell('lost'),
    onWire: (wire) => {
      if (wire.state !== last?.state)
        tell(wire.state === 'stopped' ? `stopped ${wire.why}` : wire.state);
      last = wire;
    },
    onBroken: () => tell('broken'),
  });
  const self: Rig = {
    clock,
    connection,
    sockets,
    story,
    tokens,
    next: ok('open'),
    atDoors: ok('open'),
    answersPings: false,
    opening: undefined,
    renewal: ok('second'),
    get wire() {
      return connection.wire;
    },
    live: async () => {
      connection.start();
      await settle();
      welcomeIt(self);
      story.length = 0;
    },
    advance: async (ms) => {
      await settle();
      const until = clock.monotonic() + ms;
      for (let at = clock.nextAt; at !== undefined && at <= until; at = clock.nextAt) {
        clock.runNext();
        await settle();
      }
      clock.advance(until - clock.monotonic());
      await settle();
    },
  };
  return self;
}

export const socketOf = ({ sockets }: Rig): FakeSocket => {
  const socket = sockets.at(-1);
  if (!socket) throw new Error('nothing was dialled');
  return socket;
};
export const unreachable: Result<'open', DialFault> = fail({ kind: 'unreachable' });

/** The relay says welcome. */
export const welcomeIt = (one: Rig, socket = socketOf(one)): void =>
  socket.events.onText(encodeDown(WELCOME));
