/**
 * A network for a whole simulated team: the `RelayNet` that a desktop's core asks for, over lines in memory to relays in the same
 * process. Its weather (delays, failing dials, lost answers, ghosts of attempts) comes from a seed; what happens to single lines is the
 * simulation's to decide. Every frame can be watched (for histories) and changed (to plant a fault and see it found).
 */
import { fail, ok, type Result } from '../../protocol/result.ts';
import type {
  DialFault,
  HttpAnswer,
  RelayNet,
  RelaySocket,
  SocketEvents,
} from '../../electron/core/ports.ts';
import type { ClientSide } from '../../server/gateway/core.ts';
import type { TextWireParts } from '../../server/gateway/wire.ts';
import type { Chance } from './chance.ts';
import type { FakeClock } from './fake-clock.ts';
import { Line } from './memory-line.ts';
import type { NodeClock } from './node-clock.ts';

export interface Weather {
  readonly leastDelayMs: number;
  readonly mostDelayMs: number;
  /** Share of dials and requests that never reach the relay. */
  readonly lost: number;
  /** Share of dials and requests that reach the relay, whose answer does not come back. */
  readonly answerLost: number;
  /** Share of dials that reach the relay twice: the first one stays behind as a socket that nobody holds. */
  readonly ghost: number;
}

export const FAIR: Weather = { leastDelayMs: 1, mostDelayMs: 5, lost: 0, answerLost: 0, ghost: 0 };

/** What a relay's process offers to the network. */
export interface RelayDoor {
  readonly clock: NodeClock;
  readonly fingerprint: string;
  upgrade(
    token: string,
  ): Promise<
    Result<
      { connect(wire: TextWireParts): ClientSide },
      { readonly status: number; readonly retryAfterMs: number | null }
    >
  >;
  request(request: {
    readonly method: 'GET' | 'POST';
    readonly path: string;
    readonly body?: unknown;
  }): Promise<HttpAnswer>;
}

export interface Frame {
  readonly computer: string;
  readonly way: 'up' | 'down';
  readonly text: string;
}

export interface MemoryNetParts {
  readonly clock: FakeClock;
  readonly chance: Chance;
  /** Every frame as it was said, before any filter. */
  readonly onFrame?: (frame: Frame) => void;
  /** For planted faults: what is sent instead. */
  readonly filter?: (frame: Frame) => readonly string[];
}

export interface Computer {
  readonly net: RelayNet;
  /** Lines that neither side has given up yet. */
  lines(): readonly Line[];
  /** No new line reaches anybody; those that are up are not touched. */
  setOnline(isOnline: boolean): void;
  /** Its process dies: the system ends its lines, or the cable was pulled with it and nobody hears. */
  kill(isSilent: boolean): void;
  /** It woke up: what waited for it arrives. */
  wake(): void;
}

export interface MemoryNet {
  weather: Weather;
  /** @returns the end of this relay: a process that dies (its lines are ended), or a machine that goes dark (nobody hears) */
  listen(address: string, door: RelayDoor): (isSilent: boolean) => void;
  computer(name: string, clock: NodeClock): Computer;
  /** The relay at this address woke up. */
  wakeRelay(address: string): void;
}

const DIAL_MS = 10_000;
const ANSWER_MS = 20_000;
/** What two systems take off a sender's hands before `queuedBytes` begins to grow. */
const SOCKET_BUFFER_BYTES = 16 * 1024;

export function createMemoryNet({ clock, chance, onFrame, filter }: MemoryNetParts): MemoryNet {
  const relays = new Map<string, { readonly door: RelayDoor; readonly lines: Set<Line> }>();
  const net = { weather: FAIR };
  const delayMs = (): number => chance.int(net.weather.leastDelayMs, net.weather.mostDelayMs);
  const said = (frame: Frame): readonly string[] => {
    onFrame?.(frame);
    return filter ? filter(frame) : [frame.text];
  };

  const computer = (name: string, own: NodeClock): Computer => {
    const lines = new Set<Line>();
    let isOnline = true;
    let isDead = false;
    const live = (): Line[] => {
      for (const line of lines) if (line.isSilent) lines.delete(line);
      return [...lines].filter((line) => line.isUp);
    };

    /** Calls back once with what `attempt` brings, or with `unreachable` when it takes too long. */
    const within = <T>(
      ms: number,
      attempt: (done: (result: Result<T, DialFault>) => void) => void,
    ): Promise<Result<T, DialFault>> =>
      new Promise((resolve) => {
        let isDone = false;
        const done = (result: Result<T, DialFault>): void => {
          if (isDone || isDead) return;
          isDone = true;
          cancel();
          resolve(result);
        };
        const cancel = own.after(ms, () => done(fail({ kind: 'unreachable' })));
        attempt(done);
      });

    const refused = (
      done: (result: { readonly ok: false; readonly error: DialFault }) => void,
    ): void => void own.after(delayMs(), () => done(fail({ kind: 'unreachable' })));

    const dial: RelayNet['dial'] = (target, token, events) =>
      within<RelaySocket>(DIAL_MS, (done) => {
        const relay = relays.get(target.address);
        if (!isOnline || !relay) return refused(done);
        const { weather } = net;
        if (chance.happens(weather.lost)) return;
        const isGhost = chance.happens(weather.ghost);
        const isAnswerLost = chance.happens(weather.answerLost);
        if (isGhost) arriveAt(relay, target.address, token, NOBODY, () => undefined);
        arriveAt(relay, target.address, token, isAnswerLost ? NOBODY : events, (result) => {
          if (!isAnswerLost) done(result);
        });
      });

    const arriveAt = (
      relay: { readonly door: RelayDoor; readonly lines: Set<Line> },
      address: string,
      token: string,
      events: SocketEvents,
      answer: (result: Result<RelaySocket, DialFault>) => void,
    ): void => {
      const isHere = (): boolean => relays.get(address) === relay;
      clock.after(delayMs(), () => {
        if (!isHere()) return refused(answer);
        // A relay that is stopped answers when it goes on.
        const { door } = relay;
        void awake(door.clock).then(async () => {
          if (!isHere()) return;
          const admitted = await door.upgrade(token);
          if (!isHere()) return;
          if (!admitted.ok) {
            const fault = { kind: 'refused', ...admitted.error } as const;
            clock.after(delayMs(), () => answer(fail(fault)));
            return;
          }
          const line = open(relay, admitted.value, events);
          clock.after(delayMs(), () =>
            line.isUp ? answer(ok(socketOf(line, relay))) : refused(answer),
          );
        });
      });
    };

    const sides = new WeakMap<Line, ClientSide>();
    const open = (
      relay: { readonly door: RelayDoor; readonly lines: Set<Line> },
      admitted: { connect(wire: TextWireParts): ClientSide },
      events: SocketEvents,
    ): Line => {
      let isLagging = false;
      const queued = (): number => Math.max(0, line.down.underWay - SOCKET_BUFFER_BYTES);
      const line: Line = new Line({
        clock,
        delayMs,
        isClientAsleep: () => own.isAsleep,
        isRelayAsleep: () => relay.door.clock.isAsleep,
        ends: {
          clientHears: (code) => {
            if (!isDead) whenAwake(own, () => events.onClose(code));
          },
          relayHears: () => whenAwake(relay.door.clock, () => side.closed()),
        },
        onDownDrained: () => {
          if (!isLagging || !line.isUp) return;
          isLagging = false;
          whenAwake(relay.door.clock, () => side.drained());
        },
      });
      const side = admitted.connect({
        send: (text) => {
          for (const told of said({ computer: name, way: 'down', text })) {
            line.relaySends(told.length, () => {
              if (!isDead) events.onText(told);
            });
          }
          if (queued() > 0) isLagging = true;
        },
        queuedBytes: queued,
        ping: () =>
          line.relaySends(2, () => {
            if (!isDead) line.clientSends(2, () => side.heard());
          }),
        close: (code) => line.relayEnds(code),
      });
      sides.set(line, side);
      pongs.set(line, events);
      lines.add(line);
      relay.lines.add(line);
      return line;
    };

    const pongs = new WeakMap<Line, SocketEvents>();
    const socketOf = (line: Line, relay: { readonly door: RelayDoor }): RelaySocket => ({
      send: (text) => {
        if (isDead) return;
        for (const told of said({ computer: name, way: 'up', text })) {
          line.clientSends(told.length, () => sides.get(line)?.receive(told));
        }
      },
      ping: () => {
        if (isDead) return;
        line.clientSends(2, () => {
          sides.get(line)?.heard();
          if (relay.door.clock.isAsleep) return;
          line.relaySends(2, () => {
            if (!isDead) pongs.get(line)?.onPong();
          });
        });
      },
      terminate: () => {
        if (!isDead) line.clientEnds(chance.happens(0.5));
      },
    });

    const request: RelayNet['request'] = (target, what) =>
      within<HttpAnswer>(ANSWER_MS, (done) => {
        const relay = relays.get(target.address);
        if (!isOnline || !relay) return refused(done);
        if (chance.happens(net.weather.lost)) return;
        const isAnswerLost = chance.happens(net.weather.answerLost);
        clock.after(delayMs(), () => {
          if (relays.get(target.address) !== relay) return refused(done);
          void awake(relay.door.clock)
            .then(() => relay.door.request(what))
            .then((answer) => {
              if (isAnswerLost || relays.get(target.address) !== relay) return;
              clock.after(delayMs(), () => whenAwake(own, () => done(ok(answer))));
            });
        });
      });

    return {
      net: {
        dial,
        request,
        peek: async (address) => {
          const relay = relays.get(address);
          return isOnline && relay
            ? ok({ fingerprint: relay.door.fingerprint })
            : fail({ kind: 'unreachable' });
        },
      },
      lines: live,
      setOnline: (now) => {
        isOnline = now;
      },
      kill: (isSilent) => {
        isDead = true;
        for (const line of live()) {
          if (isSilent) line.cut({ clientHearsMs: null, relayHearsMs: null, isUpLate: false });
          else line.clientEnds(chance.happens(0.3));
        }
        lines.clear();
      },
      wake: () => {
        for (const line of lines) line.pump();
      },
    };
  };

  /** What a computer hears while it sleeps it hears on waking. */
  const whenAwake = (of: NodeClock, run: () => void): void => {
    if (of.isAsleep) of.after(0, run);
    else run();
  };
  const awake = (of: NodeClock): Promise<void> => new Promise((resolve) => whenAwake(of, resolve));

  return Object.assign(net, {
    listen(address: string, door: RelayDoor) {
      const relay = { door, lines: new Set<Line>() };
      if (relays.has(address)) throw new Error(`${address} is in use`);
      relays.set(address, relay);
      return (isSilent: boolean): void => {
        relays.delete(address);
        for (const line of relay.lines) {
          if (isSilent) line.cut({ clientHearsMs: null, relayHearsMs: null, isUpLate: false });
          else line.relayEnds(1006);
        }
      };
    },
    computer,
    wakeRelay(address: string) {
      for (const line of relays.get(address)?.lines ?? []) line.pump();
    },
  });
}

const NOBODY: SocketEvents = {
  onText: () => undefined,
  onPong: () => undefined,
  onClose: () => undefined,
};
