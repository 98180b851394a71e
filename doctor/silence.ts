/**
 * How much silence the way bears: a line over which the relay was asked to say nothing is watched until something cuts it, or for longer
 * than Landline ever needs. What nobody but the relay may break is broken by a relay that is older than the wish: then the longest silence
 * between two of its words is told, and no more is known.
 */
import { CLOSE, CUT } from '../protocol/close-codes.ts';
import { decodeDown, encodeUp } from '../protocol/codec.ts';
import type { Hello } from '../protocol/frames-up.ts';
import { DEFAULT_LIMITS, PING_SPREAD } from '../protocol/limits.ts';
import { finding, type Finding } from './findings.ts';
import type { OpenSocket } from './ports.ts';
import type { Visit } from './visit.ts';

/** How long a silent line is watched: less than the relay is asked for, and more than the usual proxies and routers wait. */
export const SILENCE_MS = 150_000;
/** How long one is watched that the relay itself keeps from being silent. */
export const SPOKEN_MS = 60_000;

/** The longest silence that a relay leaves by itself. */
const longestPause = (pingEveryMs: number): number => (1 + PING_SPREAD) * pingEveryMs;

interface Watched {
  /** Since `hello`. */
  readonly livedMs: number;
  /** The silence in which it ended; the longest in it, where it lived on. */
  readonly silentMs: number;
  /** The longest silence that the relay leaves by itself. */
  readonly pauseMs: number;
  /** Undefined: it lived on. */
  readonly code?: number;
  readonly wasWelcomed: boolean;
}

export async function waitInSilence(visit: Visit): Promise<Finding> {
  const { subject, socket } = visit;
  if (socket === null || subject.hello === null)
    return finding('idle.closed', { seconds: 0, silent: 0, pause: 0, code: CUT });
  const hello = subject.hello();
  const watched = await watch(
    visit,
    socket,
    { ...hello, silenceMs: DEFAULT_LIMITS.silenceMs },
    SILENCE_MS,
  );
  const isOlder = watched.code === CLOSE.protocolError && !watched.wasWelcomed;
  return isOlder ? waitBetweenPings(visit, hello) : judge(watched);
}

/** The relay does not know the wish, and has hung up on it. */
async function waitBetweenPings(visit: Visit, hello: Hello): Promise<Finding> {
  const { subject, sockets, signal } = visit;
  const token = await subject.access?.();
  const answer =
    token?.ok === true ? await sockets.upgrade(subject.place, token.value, signal) : null;
  if (answer?.ok !== true || !('socket' in answer.value)) {
    return finding('idle.closed', { seconds: 0, silent: 0, pause: 0, code: CLOSE.protocolError });
  }
  visit.socket?.end();
  visit.socket = answer.value.socket;
  return judge(await watch(visit, visit.socket, hello, SPOKEN_MS));
}

function watch(
  { clock, signal }: Visit,
  socket: OpenSocket,
  hello: Hello,
  mostMs: number,
): Promise<Watched> {
  const first = clock.monotonic();
  let last = first;
  let longest = 0;
  let pauseMs = longestPause(DEFAULT_LIMITS.pingEveryMs);
  let wasWelcomed = false;
  const silence = (): number => clock.monotonic() - last;
  return new Promise((resolve) => {
    const end = (silentMs: number, code?: number): void => {
      cancel();
      const livedMs = clock.monotonic() - first;
      resolve({ livedMs, silentMs, pauseMs, wasWelcomed, ...(code === undefined ? {} : { code }) });
    };
    const liveOn = (): void => end(Math.max(longest, silence()));
    const cancel = clock.after(mostMs, liveOn);
    signal.addEventListener('abort', liveOn, { once: true });
    socket.watch({
      onBytes: () => {
        longest = Math.max(longest, silence());
        last = clock.monotonic();
      },
      onText: (text) => {
        const frame = decodeDown(text);
        if (frame?.t !== 'welcome') return;
        wasWelcomed = true;
        pauseMs = longestPause(frame.limits.pingEveryMs);
      },
      onClose: (code) => end(silence(), code),
    });
    socket.send(encodeUp(hello));
  });
}

function judge({ livedMs, silentMs, pauseMs, code }: Watched): Finding {
  const [seconds, silent, pause] = [livedMs, silentMs, pauseMs].map(inSeconds) as [
    number,
    number,
    number,
  ];
  const facts = { seconds, silent, pause };
  const isEnough = silent >= 2 * pause;
  if (code === CUT)
    return finding(isEnough ? 'idle.enough' : silent >= pause ? 'idle.tight' : 'idle.cut', facts);
  // A relay that goes, or a token that ran out, tells nothing of the way; but so long it was borne.
  if (code !== undefined && !isEnough) return finding('idle.closed', { ...facts, code });
  return finding(isEnough ? 'idle.kept' : 'idle.spoken', facts);
}

const inSeconds = (ms: number): number => Math.round(ms / 1_000);
