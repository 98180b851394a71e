/**
 * The steps of the way to a relay, one row each, in their order. A row knows how long it may take, when it is left out, and how to
 * look; whether the next rows still make sense when it went wrong is said beside it. A new step is a new row.
 */
import { isIP } from 'node:net';
import { encodeEvent, EVENTS_PATH, type EventsRequest } from '../protocol/doors.ts';
import { refusal } from '../protocol/errors.ts';
import { HTTP, relayInfo, type RelayInfo } from '../protocol/http.ts';
import { pickVersion } from '../protocol/version.ts';
import { finding, type Finding, type Saying, type StepName } from './findings.ts';
import type { Trust } from './ports.ts';
import { SILENCE_MS, waitInSilence } from './silence.ts';
import type { Subject, Visit } from './visit.ts';

/** Time for one step. What takes longer is, for a person who waits, not there. */
export const STEP_MS = 10_000;
/** How long a stream may keep back what its relay said at once. */
export const HELD_MS = 5_000;
/** Clocks further apart than this show wrong times beside messages. */
export const SKEW_MS = 60_000;

export interface Step {
  readonly name: StepName;
  readonly limitMs: number;
  /** How long it takes where all is well, when a person has to wait for it. */
  readonly takesMs?: number;
  /** The steps after a failure of this one would only repeat it. */
  readonly isNeeded: boolean;
  applies(subject: Subject): boolean;
  /** Null: there is nothing to look at, for another step to tell why. */
  look(visit: Visit): Promise<Finding | null>;
}

const always = (): boolean => true;

export const STEPS: readonly Step[] = [
  {
    name: 'name',
    limitMs: STEP_MS,
    isNeeded: true,
    applies: ({ place }) => isIP(place.host) === 0,
    look: lookUp,
  },
  { name: 'port', limitMs: STEP_MS, isNeeded: true, applies: always, look: reach },
  { name: 'tls', limitMs: STEP_MS, isNeeded: true, applies: always, look: secure },
  { name: 'http', limitMs: STEP_MS, isNeeded: true, applies: always, look: ask },
  { name: 'clock', limitMs: STEP_MS, isNeeded: false, applies: always, look: compareClocks },
  {
    name: 'buffering',
    limitMs: STEP_MS,
    isNeeded: false,
    applies: ({ access, hello }) => access !== null && hello !== null,
    look: listen,
  },
  { name: 'upgrade', limitMs: STEP_MS, isNeeded: true, applies: always, look: upgrade },
  {
    name: 'token',
    limitMs: STEP_MS,
    isNeeded: true,
    applies: ({ access }) => access !== null,
    look: showToken,
  },
  {
    name: 'idle',
    limitMs: SILENCE_MS + STEP_MS,
    takesMs: SILENCE_MS,
    isNeeded: false,
    applies: ({ hello, withSilence }) => hello !== null && withSilence,
    look: waitInSilence,
  },
];

async function lookUp({ subject, sockets, signal }: Visit): Promise<Finding> {
  const name = subject.place.host;
  const found = await sockets.lookUp(name, signal);
  if (found.ok) return finding('name.found', { name, addresses: found.value.join(', ') });
  const code = found.error;
  return finding(code === 'ENOTFOUND' || code === 'ENODATA' ? 'name.unknown' : 'name.no-answer', {
    name,
    code,
  });
}

const PORT_FAULTS: Readonly<Record<string, Extract<Saying, `port.${string}`>>> = {
  ECONNREFUSED: 'port.refused',
  ETIMEDOUT: 'port.silent',
  EHOSTUNREACH: 'port.no-route',
  ENETUNREACH: 'port.no-route',
  EADDRNOTAVAIL: 'port.no-route',
};

async function reach({ subject, sockets, signal }: Visit): Promise<Finding> {
  const { port } = subject.place;
  const reached = await sockets.reach(subject.place, signal);
  return reached.ok
    ? finding('port.open', { port })
    : finding(PORT_FAULTS[reached.error] ?? 'port.failed', { port, code: reached.error });
}

async function secure({ subject, sockets, signal }: Visit): Promise<Finding> {
  const { trust } = subject.place;
  if (trust.kind === 'plain') return finding('tls.plain');
  const shaken = await sockets.secure(subject.place, signal);
  if (!shaken.ok) {
    const code = shaken.error;
    return finding(code === 'EPROTO' || code.startsWith('ERR_SSL') ? 'tls.no-tls' : 'tls.cut', {
      code,
    });
  }
  return judge(trust, shaken.value);
}

function judge(
  trust: Exclude<Trust, { kind: 'plain' }>,
  { seen, distrust }: { readonly seen: string; readonly distrust: string | null },
): Finding {
  if (trust.kind === 'anyone') return finding('tls.shown', { seen });
  if (trust.kind === 'authority')
    return distrust === null
      ? finding('tls.trusted')
      : finding('tls.not-trusted', { code: distrust });
  const expected = trust.fingerprint;
  return seen === expected
    ? finding('tls.pinned', { seen })
    : finding('tls.other-key', { expected, seen });
}

async function ask(visit: Visit): Promise<Finding> {
  const { subject, sockets, signal } = visit;
  const answer = await sockets.get(subject.place, HTTP.relay, signal);
  if (!answer.ok)
    return finding(answer.error.startsWith('HPE_') ? 'http.not-a-relay' : 'http.cut', {
      code: answer.error,
      status: 0,
    });
  visit.answer = answer.value;
  const { status, body } = answer.value;
  if (status >= 500) return finding('http.unavailable', { status });
  const refused = refusal.safeParse((body as { readonly refusal?: unknown } | null)?.refusal);
  if (refused.data?.kind === 'unknown-host') return finding('http.unknown-host', { status });
  const info = relayInfo.safeParse(body);
  return status === 200 && info.success
    ? whoIsThere(info.data, subject.team)
    : finding('http.not-a-relay', { status });
}

function whoIsThere({ versions, team }: RelayInfo, expected: string | null): Finding {
  if (pickVersion(versions) === undefined)
    return finding('http.version', { min: versions.min, max: versions.max });
  if (team === null) return finding(expected === null ? 'http.no-team-yet' : 'http.no-team');
  return finding(expected === null || team.id === expected ? 'http.relay' : 'http.other-team', {
    team: team.name,
  });
}

/** The header counts whole seconds, which is exact enough to tell a wrong clock. */
async function compareClocks({ answer, clock }: Visit): Promise<Finding> {
  const theirs = Date.parse(answer?.date ?? '');
  if (Number.isNaN(theirs)) return finding('clock.unsaid');
  const skewMs = clock.now() - theirs;
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  if (Math.abs(skewMs) <= SKEW_MS) return finding('clock.right', { seconds });
  return finding(skewMs > 0 ? 'clock.ahead' : 'clock.behind', { seconds });
}

/**
 * A relay tells a client of a stream at once where it stands, and last that it has caught up. What keeps answers back until they are whole
 * or a buffer is full keeps at least that last word. It comes before the upgrade: where no WebSocket passes, it is what matters.
 */
async function listen({
  subject: { place, access, hello },
  sockets,
  clock,
  signal,
}: Visit): Promise<Finding | null> {
  const token = await access?.();
  if (token?.ok !== true || hello === null) return null;
  const request: EventsRequest = {
    hello: hello(),
    isGoingOn: false,
    waitMs: 0,
    seenPresence: null,
  };
  const from = clock.monotonic();
  const held = new AbortController();
  const cancel = clock.after(HELD_MS, () => held.abort());
  const heard = await sockets.hear(
    place,
    { path: EVENTS_PATH, token: token.value, body: JSON.stringify(request), until: CAUGHT_UP },
    AbortSignal.any([signal, held.signal]),
  );
  cancel();
  if (heard.ok) {
    const { status, isStream, hasCome } = heard.value;
    if (hasCome) return finding('buffering.passed', { ms: Math.round(clock.monotonic() - from) });
    // The step of the token says so.
    if (status === 401) return null;
    return isStream
      ? finding('buffering.cut', { code: 'EOF' })
      : finding('buffering.no-stream', { status });
  }
  if (!held.signal.aborted) return finding('buffering.cut', { code: heard.error });
  const beside = await sockets.get(place, HTTP.relay, signal);
  if (!beside.ok) return finding('buffering.cut', { code: beside.error });
  return finding('buffering.held-back', { seconds: inSeconds(HELD_MS) });
}

const CAUGHT_UP = encodeEvent('{"t":"caught-up"}');

async function upgrade(visit: Visit): Promise<Finding> {
  const { subject, sockets, clock } = visit;
  const access = subject.access === null ? null : await subject.access();
  if (access?.ok === false)
    visit.token = access.error.kind === 'ended' ? 'token.ended' : 'token.not-renewed';
  const from = clock.monotonic();
  const answer = await sockets.upgrade(
    subject.place,
    access?.ok === true ? access.value : null,
    visit.signal,
  );
  const ms = Math.round(clock.monotonic() - from);
  if (!answer.ok) return finding('upgrade.cut', { code: answer.error });
  if ('socket' in answer.value) {
    visit.socket = answer.value.socket;
    if (!answer.value.isAccepted) return finding('upgrade.wrong-accept');
    visit.token ??= 'token.accepted';
    return finding('upgrade.switched', { ms });
  }
  const { status, asksBearer } = answer.value;
  if (status !== 401 || !asksBearer) return finding('upgrade.refused', { status });
  visit.token ??= 'token.refused';
  return finding('upgrade.asked-token', { ms });
}

async function showToken({ token }: Visit): Promise<Finding> {
  return finding(token ?? 'token.not-renewed');
}

const inSeconds = (ms: number): number => Math.round(ms / 1_000);
