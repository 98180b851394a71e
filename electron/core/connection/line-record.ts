/**
 * Remembers the newest of what went over one team's line: kinds and sizes of frames, never what they say; round trips; what became of each
 * attempt. It stands between the connection and the way to relays and changes nothing of what passes. Bounded rings: a frame costs a few
 * numbers.
 */
import type {
  FrameSeen,
  Handshake,
  LineRecordView,
  LineTurn,
  PingSeen,
  TurnSeen,
} from '../../bridge/line.ts';
import { CUT } from '../../../protocol/close-codes.ts';
import { assertNever, type Result } from '../../../protocol/result.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { Clock, RelayNet, RelaySocket, SocketEvents } from '../ports.ts';
import type { RenewFault } from './line-events.ts';
import { TIMES } from './machine.ts';

/** How much is remembered of each. */
export const REMEMBERED = { frames: 200, pings: 120, turns: 60 } as const;

export interface LineRecord {
  /** The same way to relays, with what it dials remembered. */
  watch<Net extends Pick<RelayNet, 'dial'>>(net: Net): Net;
  /** The same question for a token: without one there is no attempt, and why belongs into the record. */
  watchAccess(
    access: () => Promise<Result<string, RenewFault>>,
  ): () => Promise<Result<string, RenewFault>>;
  /** Null: nothing new since `version`. */
  view(version: number): LineRecordView | null;
}

export function createLineRecord({ clock }: { readonly clock: Clock }): LineRecord {
  let version = 0;
  let handshake: Handshake | null = null;
  const frames: FrameSeen[] = [];
  const pings: PingSeen[] = [];
  const turns: TurnSeen[] = [];

  const turn = (what: LineTurn): void => {
    version++;
    keep(turns, { ...what, at: clock.now() }, REMEMBERED.turns);
  };
  const frame = (way: FrameSeen['way'], text: string): string => {
    version++;
    const type = typeOf(text);
    keep(frames, { at: clock.now(), way, type, bytes: Buffer.byteLength(text) }, REMEMBERED.frames);
    return type;
  };

  /** One line, from its dial to its end. Late words of a line that is over are passed on, and not remembered. */
  const watchLine = (events: SocketEvents) => {
    let isOver = false;
    let isDrained = false;
    let hasSaid = false;
    let hasHeard = false;
    let heardAt = clock.monotonic();
    let pingedAt: number | undefined;
    const end = (what: LineTurn): void => {
      if (isOver) return;
      isOver = true;
      turn(what);
    };
    const watched: SocketEvents = {
      ...events,
      onHandshake: (seen) => {
        version++;
        handshake = seen;
      },
      onText: (text) => {
        hasHeard = true;
        heardAt = clock.monotonic();
        if (!isOver && frame('down', text) === 'drain') isDrained = true;
        events.onText(text);
      },
      onPong: () => {
        heardAt = clock.monotonic();
        if (!isOver && pingedAt !== undefined) {
          version++;
          keep(
            pings,
            { at: clock.now(), rttMs: Math.max(0, Math.round((heardAt - pingedAt) * 10) / 10) },
            REMEMBERED.pings,
          );
          pingedAt = undefined;
        }
        events.onPong();
      },
      onClose: (code) => {
        end(
          code === CUT
            ? { kind: 'cut', silentMs: Math.round(clock.monotonic() - heardAt) }
            : { kind: 'closed', code },
        );
        events.onClose(code);
      },
    };
    const socketOf = (socket: RelaySocket): RelaySocket => ({
      send: (text) => {
        hasSaid = true;
        if (!isOver) frame('up', text);
        socket.send(text);
      },
      ping: () => {
        pingedAt = clock.monotonic();
        socket.ping();
      },
      terminate: () => {
        const silentMs = clock.monotonic() - heardAt;
        const isSilent = silentMs >= DEFAULT_LIMITS.clientSilenceMs;
        const isUnheard = hasSaid && !hasHeard && silentMs >= TIMES.signMs;
        end({
          kind: isDrained ? 'drained' : isUnheard ? 'unheard' : isSilent ? 'silent' : 'let-go',
        });
        socket.terminate();
      },
    });
    return { watched, socketOf };
  };

  return {
    watch: (net) => ({
      ...net,
      dial: async (target, token, events, door = 'socket', signal) => {
        const from = clock.monotonic();
        turn({ kind: 'dialed', door });
        const { watched, socketOf } = watchLine(events);
        const dialed = await net.dial(target, token, watched, door, signal);
        if (!dialed.ok) {
          turn(signal?.aborted === true ? { kind: 'given-up' } : turnOf(dialed.error));
          return dialed;
        }
        turn({ kind: 'opened', ms: Math.round(clock.monotonic() - from) });
        return { ok: true, value: socketOf(dialed.value) };
      },
    }),
    watchAccess: (access) => async () => {
      const got = await access();
      if (!got.ok) turn(turnOf(got.error));
      return got;
    },
    view: (seen) =>
      seen === version
        ? null
        : { version, handshake, frames: [...frames], pings: [...pings], turns: [...turns] },
  };
}

function turnOf(fault: RenewFault): LineTurn {
  switch (fault.kind) {
    case 'refused':
    case 'answered-for':
      return { kind: fault.kind, status: fault.status };
    case 'no-upgrade':
      return fault.status === null
        ? { kind: 'no-upgrade' }
        : { kind: 'upgrade-answered-for', status: fault.status };
    case 'unreachable':
    case 'not-a-relay':
    case 'key-mismatch':
    case 'ended':
      return { kind: fault.kind };
    default:
      return assertNever(fault);
  }
}

function keep<T>(ring: T[], one: T, most: number): void {
  ring.push(one);
  if (ring.length > most) ring.shift();
}

/** Both sides write the kind first. What is written otherwise is not looked into. */
const typeOf = (text: string): string => /^\{"t":"([a-z-]{1,40})"/.exec(text)?.[1] ?? '?';
