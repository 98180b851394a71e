/**
 * A line over plain HTTP that looks like a socket: what is said goes by `POST`, in order, one request at a time; what is heard comes as
 * a stream or by polls, over connections that are kept. The relay keeps nothing of it, so this side remembers how far each feed was heard
 * and says so with every request; a line that is cut costs a request and no event. New tokens that pass by are used from then on. What
 * something on the way answers in the relay's place is never taken for the relay's word.
 */
import { createHash } from 'node:crypto';
import { CLOSE, CUT } from '../../../protocol/close-codes.ts';
import {
  closedCode,
  EVENTS_PATH,
  EventReader,
  FRAMES_PATH,
  joinLines,
  LINES_TYPE,
  splitLines,
  STREAM_TYPE,
  type Door,
  type EventsRequest,
} from '../../../protocol/doors.ts';
import type { Presence } from '../../../protocol/entities.ts';
import type { Hello } from '../../../protocol/frames-up.ts';
import { isRefusal } from '../../../protocol/http.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { Clock, DialFault, RelaySocket, RelayTarget, SocketEvents } from '../ports.ts';
import { HeardSoFar } from './heard-so-far.ts';
import { KeptLines } from './kept-lines.ts';
import { post } from './post.ts';

export interface DoorParts {
  readonly door: Exclude<Door, 'socket'>;
  readonly target: RelayTarget;
  readonly token: string;
  readonly events: SocketEvents;
  readonly clock: Clock;
  /** Ends it, also while it is being opened. */
  readonly signal?: AbortSignal | undefined;
}

/** Between two polls. Sooner than presence is taken for gone. */
const POLL_MS = 2_000;
const ANSWER_MS = 20_000;
const MAX_LINE_CHARS = 4 * 1024 * 1024;
/** Each frame of a full request answered with a full page. */
const MAX_ANSWER_CHARS = DEFAULT_LIMITS.doorFrames * MAX_LINE_CHARS;
/** More than any refusal of ours has. */
const MAX_REFUSAL_CHARS = 4_096;

/** Shows the token and sees whether this door is there. */
export async function openDoor(parts: DoorParts): Promise<Result<RelaySocket, DialFault>> {
  const carrier = new DoorCarrier(parts);
  parts.signal?.addEventListener('abort', () => carrier.terminate());
  const fault = await carrier.knock();
  if (!fault) return ok(carrier);
  carrier.terminate();
  return fail(fault);
}

type Answered =
  | { readonly kind: 'answered'; readonly text: string }
  /** By the relay itself. */
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly kind: 'failed'; readonly fault: DialFault };

class DoorCarrier implements RelaySocket {
  readonly #parts: DoorParts;
  readonly #heard = new HeardSoFar();
  readonly #lines: KeptLines;
  readonly #cancels = new Set<() => void>();
  #token: string;
  #hello: Hello | undefined;
  /** The token with which is listened. */
  #listeningToken = '';
  #cancelListening: () => void = () => undefined;
  readonly #queue: string[] = [];
  #isSaying = false;
  #isCaughtUp = false;
  #seenPresence: string | null = null;
  #isOver = false;

  constructor(parts: DoorParts) {
    this.#parts = parts;
    this.#lines = new KeptLines(parts.target, parts.clock, parts.events.onTraffic);
    this.#token = parts.token;
  }

  async knock(): Promise<DialFault | undefined> {
    const answered = await this.#ask(FRAMES_PATH, LINES_TYPE, '', ANSWER_MS);
    if (answered.kind === 'answered') return undefined;
    if (answered.kind === 'failed') return answered.fault;
    const { status, retryAfterMs } = answered;
    return [401, 403, 429, 500, 502, 503, 504].includes(status)
      ? { kind: 'refused', status, retryAfterMs }
      : { kind: 'not-a-relay' };
  }

  send(text: string): void {
    if (this.#isOver) return;
    const { t, presence } = JSON.parse(text) as {
      readonly t: string;
      readonly presence?: Exclude<Presence, 'gone'>;
    };
    if (t === 'hello') {
      this.#hello = JSON.parse(text) as Hello;
      this.#heard.begin(this.#hello);
      this.#listen(0);
    } else if (t === 'presence' && this.#hello && presence) {
      // Told with the next request for events, whichever relay answers that.
      this.#hello = { ...this.#hello, presence };
      if (this.#heard.isWelcomed) this.#listen(0);
    } else {
      this.#queue.push(text);
      void this.#say();
    }
  }

  ping(): void {
    void this.#ask(FRAMES_PATH, LINES_TYPE, '', ANSWER_MS).then((answered) => {
      if (!this.#isOver && answered.kind === 'answered') this.#parts.events.onPong();
    });
  }

  terminate(): void {
    this.#isOver = true;
    this.#cancelListening();
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    this.#lines.destroy();
  }

  #end(code: number): void {
    if (this.#isOver) return;
    this.terminate();
    this.#parts.events.onClose(code);
  }

  async #say(): Promise<void> {
    if (this.#isSaying) return;
    this.#isSaying = true;
    while (this.#queue.length > 0 && !this.#isOver) {
      const answered = await this.#ask(
        FRAMES_PATH,
        LINES_TYPE,
        joinLines(this.#nextBatch()),
        ANSWER_MS,
      );
      if (this.#isOver) return;
      if (answered.kind !== 'answered') return this.#end(codeOf(answered));
      for (const line of splitLines(answered.text)) {
        if (line.startsWith('{"t":"tokens"'))
          this.#token = (JSON.parse(line) as { readonly access: string }).access;
        this.#parts.events.onText(line);
      }
    }
    this.#isSaying = false;
  }

  #nextBatch(): readonly string[] {
    let bytes = 0;
    let count = 0;
    for (const text of this.#queue) {
      bytes += Buffer.byteLength(text) + 1;
      if (
        count === DEFAULT_LIMITS.doorFrames ||
        (count > 0 && bytes > DEFAULT_LIMITS.doorBodyBytes)
      )
        break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  /** Goes on listening from what was heard, in place of what listened before. */
  #listen(waitMs: number): void {
    this.#cancelListening();
    if (this.#isOver || !this.#hello) return;
    this.#listeningToken = this.#token;
    const request: EventsRequest = {
      ...this.#heard.request(this.#hello),
      waitMs,
      seenPresence: this.#parts.door === 'stream' ? null : this.#seenPresence,
    };
    if (this.#parts.door === 'stream') this.#stream(JSON.stringify(request));
    else void this.#poll(JSON.stringify(request), waitMs);
  }

  async #poll(body: string, waitMs: number): Promise<void> {
    const { clock, door } = this.#parts;
    let isCurrent = true;
    let cancel: () => void = () => undefined;
    this.#cancelListening = () => {
      isCurrent = false;
      cancel();
    };
    const answered = await this.#ask(
      EVENTS_PATH,
      'application/json',
      body,
      waitMs + ANSWER_MS,
      (stop) => (cancel = stop),
    );
    if (!isCurrent || this.#isOver) return;
    if (answered.kind !== 'answered') return this.#closed(codeOf(answered));
    const lines = splitLines(answered.text);
    for (const line of lines) {
      this.#hear(line);
      if (!isCurrent || this.#isOver) return;
    }
    if (lines.length === 0) return this.#end(CUT);
    if (!lines.includes('{"t":"caught-up"}')) return this.#listen(0);
    if (door === 'long-poll') return this.#listen(DEFAULT_LIMITS.doorWaitMs);
    cancel = clock.after(POLL_MS, () => this.#listen(0));
  }

  #stream(body: string): void {
    const { target, clock } = this.#parts;
    const reader = new EventReader(MAX_LINE_CHARS);
    let isCurrent = true;
    let code = CUT;
    let isStream = false;
    let refused: { readonly status: number; readonly retryAfterMs: number | null } | undefined;
    let refusal = '';
    this.#heard.beginAgain();
    this.#parts.events.onRequest?.();
    const stop = post({
      lines: this.#lines,
      target,
      clock,
      path: EVENTS_PATH,
      token: this.#token,
      type: 'application/json',
      accept: STREAM_TYPE,
      body,
      answerMs: ANSWER_MS,
      onHead: (status, type, retryAfterMs) => {
        isStream = status === 200 && type.startsWith(STREAM_TYPE);
        if (status !== 200) refused = { status, retryAfterMs };
      },
      onText: (chunk) => {
        if (!isStream) return void (refusal = (refusal + chunk).slice(0, MAX_REFUSAL_CHARS));
        this.#parts.events.onSign?.();
        const lines = reader.take(chunk);
        if (!lines) return this.#end(CUT);
        for (const line of lines) {
          const closed = closedCode(line);
          if (closed !== undefined) code = closed;
          else this.#hear(line);
          // A frame may end the line, or ask for another stream.
          if (!isCurrent) return;
        }
      },
      onEnd: () => {
        if (!isCurrent) return;
        if (refused && isRefusal(refusal)) code = codeOf({ kind: 'refused', ...refused });
        this.#closed(code);
      },
    });
    this.#cancelListening = () => {
      isCurrent = false;
      stop();
    };
  }

  /** The relay ended a request for events, or took none. */
  #closed(code: number): void {
    // The token it was opened with ran out, and a newer one is here.
    if (code === CLOSE.tokenExpired && this.#token !== this.#listeningToken) this.#listen(0);
    else this.#end(code);
  }

  #hear(line: string): void {
    const { events, door } = this.#parts;
    const closed = closedCode(line);
    if (closed !== undefined) return this.#closed(closed);
    if (line === '{"t":"caught-up"}') {
      // A socket says it once.
      if (this.#isCaughtUp) return events.onText('{"t":"beat","at":0,"heads":{},"proofs":{}}');
      this.#isCaughtUp = true;
      return events.onText(line);
    }
    if (door !== 'stream' && line.startsWith('{"t":"presence"'))
      this.#seenPresence = createHash('sha256').update(line).digest('hex');
    const isWelcomed = this.#heard.isWelcomed;
    const told = this.#heard.take(line, door !== 'stream');
    if (told === undefined) return this.#end(CUT);
    // Welcomed anew: another store, or one that knows less. The line begins again, with a hello of its own.
    if (isWelcomed && line.startsWith('{"t":"welcome"')) return this.#end(CLOSE.restart);
    events.onText(told);
  }

  #ask(
    path: string,
    type: string,
    body: string,
    answerMs: number,
    onStop?: (stop: () => void) => void,
  ): Promise<Answered> {
    return new Promise((resolve) => {
      let status = 0;
      let retryAfterMs: number | null = null;
      let isLines = false;
      let text = '';
      this.#parts.events.onRequest?.();
      const stop = post({
        lines: this.#lines,
        target: this.#parts.target,
        clock: this.#parts.clock,
        path,
        token: this.#token,
        type,
        accept: LINES_TYPE,
        body,
        answerMs,
        onHead: (code, answered, retry) =>
          ([status, isLines, retryAfterMs] = [code, answered.startsWith(LINES_TYPE), retry]),
        onText: (chunk) => {
          text += chunk;
          if (text.length <= MAX_ANSWER_CHARS) return;
          stop();
          this.#cancels.delete(stop);
          resolve({ kind: 'failed', fault: { kind: 'unreachable' } });
        },
        onEnd: (fault) => {
          this.#cancels.delete(stop);
          if (fault) resolve({ kind: 'failed', fault });
          else if (status === 200 && isLines) resolve({ kind: 'answered', text });
          else if (isRefusal(text)) resolve({ kind: 'refused', status, retryAfterMs });
          else resolve({ kind: 'failed', fault: { kind: 'answered-for', status, retryAfterMs } });
        },
      });
      this.#cancels.add(stop);
      onStop?.(stop);
    });
  }
}

/** What a socket would have been closed with. */
function codeOf(answered: Exclude<Answered, { readonly kind: 'answered' }>): number {
  if (answered.kind === 'failed') return CUT;
  if (answered.status === 401) return CLOSE.tokenExpired;
  if (answered.status === 429) return CLOSE.flood;
  return answered.status === 503 ? CLOSE.restart : CUT;
}
