/**
 * Keeps one line to one relay, as the machine decides. It owns the socket and the timers; it guarantees that nothing of
 * an earlier socket is ever heard, and that `send` either hands a frame to the socket of now or says no. What is said
 * over the line is the session's business.
 */
import { decodeDown, encodeUp } from '../../../protocol/codec.ts';
import type { Door } from '../../../protocol/doors.ts';
import type { Down, DownFrame } from '../../../protocol/frames-down.ts';
import type { Hello, UpFrame } from '../../../protocol/frames-up.ts';
import type { Result } from '../../../protocol/result.ts';
import type { Wire } from '../../bridge/views.ts';
import { background, errorName } from '../background.ts';
import type {
  Clock,
  DialFault,
  Log,
  Random,
  RelayNet,
  RelaySocket,
  RelayTarget,
} from '../ports.ts';
import type { Effect, Event, RenewFault, Timer } from './line-events.ts';
import { OFF, type State, type StopReason } from './line-state.ts';
import { step } from './machine.ts';
import { wireOf } from './wire-of.ts';

export interface ConnectionParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly net: RelayNet;
  readonly log: Log;
  /** Read at each attempt: an address may have changed. */
  readonly target: () => RelayTarget;
  /** The access token to dial with; renewed first when it is known to be too old. */
  readonly access: () => Promise<Result<string, RenewFault>>;
  /** Renews after a 401. */
  readonly renew: () => Promise<Result<string, RenewFault>>;
  readonly hello: () => Hello;
  readonly onWelcome: (welcome: Down<'welcome'>) => void;
  /** Everything after the welcome. */
  readonly onFrame: (frame: DownFrame) => void;
  /** The line that was live is no more. */
  readonly onLost: () => void;
  readonly onWire: (wire: Wire) => void;
  /** A frame could not be taken in: a bug, or a disk that failed. */
  readonly onBroken: (error: unknown) => void;
}

export interface Connection {
  readonly wire: Wire;
  readonly isLive: boolean;
  start(): void;
  stop(why: StopReason): void;
  /** False: not live, nothing was sent. */
  send(frame: UpFrame): boolean;
  /** An answer is missing for too long: the socket is taken for dead. */
  giveUp(): void;
  retry(): void;
  wake(): void;
  networkChanged(isOnline: boolean): void;
}

/** An open WebSocket answers a ping within this, or lets nothing through. */
const PROBE_MS = 5_000;

export function createConnection(parts: ConnectionParts): Connection {
  const { clock, random, net, log } = parts;
  let state: State = OFF;
  let socket: RelaySocket | undefined;
  let dialing: AbortController | undefined;
  let pingedAt: number | undefined;
  const timers = new Map<Timer, () => void>();

  const wireNow = (): Wire =>
    wireOf(state, clock.monotonic(), (monotonic) =>
      Math.round(clock.now() + monotonic - clock.monotonic()),
    );

  /** The wire as it was told last: whoever asks gets the same, or two windows would show two moments. */
  let told = wireNow();
  let shown = '';

  const dispatch = (event: Event): void => {
    const wasLive = state.at === 'live';
    const before = state;
    const next = step(state, event, { now: clock.monotonic(), fraction: random.fraction() });
    state = next.state;
    for (const effect of next.effects) perform(effect);
    if (wasLive && state.at !== 'live') parts.onLost();
    if (before.at !== state.at) log.info('line.state', { state: state.at, attempt: state.attempt });
    const { cutAfterMs } = state.patience;
    if (before.patience.cutAfterMs !== cutAfterMs) log.info('line.silence', { cutAfterMs });
    // A frame that was merely heard changes nothing anybody sees.
    if (event.kind === 'heard' || state === before) return;
    const wire = wireNow();
    const text = JSON.stringify(wire);
    if (text === shown) return;
    shown = text;
    told = wire;
    parts.onWire(wire);
  };

  const end = (): void => {
    for (const cancel of timers.values()) cancel();
    timers.clear();
    pingedAt = undefined;
    dialing?.abort();
    dialing = undefined;
    const old = socket;
    socket = undefined;
    old?.terminate();
  };

  const perform = (effect: Effect): void => {
    const { line } = state;
    switch (effect.kind) {
      case 'end':
        return end();
      case 'dial':
        return background(dial(line, effect.door), log, 'dial');
      case 'probe':
        return background(probe(line), log, 'probe');
      case 'knock':
        return background(knock(line, effect.door), log, 'knock');
      case 'renew':
        return background(renew(line), log, 'renew');
      case 'hello':
        return void socket?.send(
          encodeUp(
            effect.pingEveryMs === null
              ? parts.hello()
              : { ...parts.hello(), pingEveryMs: effect.pingEveryMs },
          ),
        );
      case 'ping':
        pingedAt = clock.monotonic();
        return void socket?.ping();
      case 'timer':
        timers.get(effect.timer)?.();
        timers.set(
          effect.timer,
          clock.after(effect.ms, () => dispatch({ kind: 'timer', line, timer: effect.timer })),
        );
        return;
    }
  };

  /** Whether a WebSocket would come through, and its frames too: it has to answer a ping. Nothing else is said over it. */
  const probe = async (line: number): Promise<void> => {
    const sign = Promise.withResolvers<boolean>();
    const events = {
      onText: () => undefined,
      onPong: () => sign.resolve(true),
      onClose: () => sign.resolve(false),
    };
    const access = await parts.access();
    const dialed = access.ok
      ? await net.dial(parts.target(), access.value, events, 'socket')
      : access;
    if (!dialed.ok) return dispatch({ kind: 'probed', line, isOpen: false });
    const cancel = clock.after(PROBE_MS, () => sign.resolve(false));
    dialed.value.ping();
    const isOpen = await sign.promise;
    cancel();
    dialed.value.terminate();
    dispatch({ kind: 'probed', line, isOpen });
  };

  /** Whether the relay answers at another door: also when it wants another token. Nothing is said there either. */
  const knock = async (line: number, door: Door): Promise<void> => {
    const access = await parts.access();
    if (state.line !== line) return;
    const deaf = { onText: () => undefined, onPong: () => undefined, onClose: () => undefined };
    const dialed = access.ok
      ? await net.dial(parts.target(), access.value, deaf, door, dialing?.signal)
      : access;
    if (dialed.ok) dialed.value.terminate();
    dispatch({
      kind: 'knocked',
      line,
      isAnswered: dialed.ok || (dialed.error.kind === 'refused' && dialed.error.status === 401),
    });
  };

  const dial = async (line: number, door: Door): Promise<void> => {
    const access = await parts.access();
    if (state.line !== line) return;
    if (!access.ok) {
      if (access.error.kind === 'ended') dispatch({ kind: 'stop', why: 'session-ended' });
      else dispatch({ kind: 'dial-failed', line, fault: access.error });
      return;
    }
    const dialed = await dialSafely(line, door, access.value);
    if (state.line !== line) {
      if (dialed.ok) dialed.value.terminate();
      return;
    }
    if (!dialed.ok) return dispatch({ kind: 'dial-failed', line, fault: dialed.error });
    socket = dialed.value;
    dispatch({ kind: 'opened', line });
  };

  const dialSafely = async (
    line: number,
    door: Door,
    access: string,
  ): Promise<Result<RelaySocket, DialFault>> => {
    const mine = new AbortController();
    dialing = mine;
    const events = {
      onReached: () => dispatch({ kind: 'reached', line }),
      onSign: () => dispatch({ kind: 'heard', line }),
      onText: (text: string) => hear(line, text),
      onPong: () => {
        if (state.line !== line || pingedAt === undefined) return;
        dispatch({
          kind: 'pong',
          line,
          rttMs: Math.max(0, Math.round((clock.monotonic() - pingedAt) * 10) / 10),
        });
      },
      onClose: (code: number) => dispatch({ kind: 'closed', line, code }),
    };
    return net.dial(parts.target(), access, events, door, mine.signal);
  };

  const renew = async (line: number): Promise<void> => {
    const renewed = await parts.renew();
    if (renewed.ok) dispatch({ kind: 'renewed', line });
    else dispatch({ kind: 'renew-failed', line, fault: renewed.error });
  };

  const hear = (line: number, text: string): void => {
    // Is this still my socket?
    if (state.line !== line) return;
    dispatch({ kind: 'heard', line });
    const frame = decodeDown(text);
    if (!frame) return log.info('frame.unknown');
    try {
      if (frame.t === 'welcome') {
        if (state.at !== 'greeting') return;
        const { pingEveryMs: pauseMs, pingLeastMs } = frame.limits;
        dispatch({
          kind: 'welcomed',
          line,
          node: frame.node,
          pauseMs,
          leastMs: pingLeastMs ?? null,
        });
        parts.onWelcome(frame);
      } else if (state.at === 'live') {
        if (frame.t === 'drain') return dispatch({ kind: 'drain', line, afterMs: frame.afterMs });
        parts.onFrame(frame);
        if (frame.t === 'caught-up') dispatch({ kind: 'caught-up', line });
      }
    } catch (error) {
      // Whatever this frame was to change may be half done in memory: the line starts over from what is on disk.
      log.error('frame.failed', { frame: frame.t, error: errorName(error) });
      dispatch({ kind: 'overdue', line });
      parts.onBroken(error);
    }
  };

  return {
    get wire() {
      return told;
    },
    get isLive() {
      return state.at === 'live';
    },
    start: () => dispatch({ kind: 'start' }),
    stop: (why) => dispatch({ kind: 'stop', why }),
    send: (frame) => {
      if (state.at !== 'live' || !socket) return false;
      socket.send(encodeUp(frame));
      return true;
    },
    giveUp: () => dispatch({ kind: 'overdue', line: state.line }),
    retry: () => dispatch({ kind: 'retry' }),
    wake: () => dispatch({ kind: 'wake' }),
    networkChanged: (isOnline) => dispatch({ kind: 'network', isOnline }),
  };
}
