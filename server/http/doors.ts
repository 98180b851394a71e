/**
 * The doors for where a WebSocket cannot pass (`protocol/doors.ts`). Each request shows its token before its body is read; what it says
 * and hears goes through the same core as a socket's frames, by wires that collect or stream. Nothing is kept between two requests but
 * how much a session has said lately, and the connection.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest, preParsingHookHandler } from 'fastify';
import { firstField } from '../../protocol/codec.ts';
import {
  encodeSign,
  EVENTS_PATH,
  eventsRequest,
  FRAMES_PATH,
  joinLines,
  LINES_TYPE,
  splitLines,
  STREAM_TYPE,
} from '../../protocol/doors.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { refuse } from '../../protocol/errors.ts';
import type { Hello } from '../../protocol/frames-up.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { GatewayAuth, Principal } from '../gateway/auth-port.ts';
import type { Connection } from '../gateway/connection.ts';
import type { RelayCore } from '../gateway/core.ts';
import { PollWire } from '../gateway/poll-wire.ts';
import { StreamWire } from '../gateway/stream-wire.ts';
import type { Turnstile } from '../gateway/turnstile.ts';
import type { Clock } from '../ports/clock.ts';
import { refusalAnswer, type Answer } from './answers.ts';
import { Kept } from './kept.ts';

export interface DoorsParts {
  readonly core: RelayCore;
  readonly auth: Pick<GatewayAuth, 'verifyUpgrade'>;
  readonly turnstile: Turnstile;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly isDraining: () => boolean;
  /** The connection showed a good token: it is no stranger any more. */
  readonly onAdmitted: (socket: Socket) => void;
  /** A whole frame of the request's body came. */
  readonly onMessage: (request: IncomingMessage) => void;
}

type Send = (reply: FastifyReply, answer: Answer) => Promise<void>;

const RETRY_MS = 2_000;
const LINE_FEED = 0x0a;
/** What a stream is answered with; the server's own headers stay. */
const STREAM_HEADERS = {
  'content-type': STREAM_TYPE,
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

export function addDoors(app: FastifyInstance, parts: DoorsParts, send: Send): void {
  const { core, auth, turnstile, clock, limits, isDraining, onAdmitted, onMessage } = parts;
  const principals = new WeakMap<FastifyRequest, Principal>();
  const bytes = new WeakMap<FastifyRequest, number>();
  const kept = new Kept({ limits, onStalled: () => void core.counts.slow.stalled++ });
  const off = (): Answer => refusalAnswer(refuse('unavailable', { retryAfterMs: RETRY_MS }));
  const tooFast = (ms: number): Answer =>
    refusalAnswer(refuse('rate-limited', { retryAfterMs: Math.ceil(ms) }));
  /** For one who comes in, and not for who is here: what is answered when too many do. */
  const sentAway = (): Answer | undefined => {
    const awayFor = turnstile.awayForSeconds();
    if (awayFor === 0) return undefined;
    core.counts.sentAway++;
    return tooFast(awayFor * 1_000);
  };

  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (isDraining()) return send(reply.header('connection', 'close'), off());
    const who = await auth.verifyUpgrade(request.raw);
    if (!who.ok) return send(reply, refusalAnswer(refuse('session-ended'), who.error.status));
    onAdmitted(request.raw.socket);
    kept.used(who.value, reply.raw);
    principals.set(request, who.value);
  };
  const whoOf = (request: FastifyRequest): Principal => {
    const who = principals.get(request);
    if (!who) throw new Error('a door was passed without a token');
    return who;
  };

  /** What came, whatever was announced: a body in chunks announces nothing. */
  const preParsing: preParsingHookHandler = (request, _reply, payload, done) => {
    const isFrames = request.routeOptions.url === FRAMES_PATH;
    payload.on('data', (chunk: Buffer) => {
      bytes.set(request, (bytes.get(request) ?? 0) + chunk.byteLength);
      if (isFrames && chunk.includes(LINE_FEED)) onMessage(request.raw);
    });
    done(null, payload);
  };
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  app.addContentTypeParser(LINES_TYPE, { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, utf8.decode(body as Buffer));
    } catch {
      done(Object.assign(new Error('not UTF-8'), { statusCode: 400 }));
    }
  });

  app.post(
    FRAMES_PATH,
    { bodyLimit: limits.doorBodyBytes, onRequest, preParsing },
    async (request, reply) => {
      const who = whoOf(request);
      if (typeof request.body !== 'string')
        return send(reply, refusalAnswer(refuse('bad-request')));
      const texts = splitLines(request.body);
      const isTooLarge =
        texts.length > limits.doorFrames ||
        texts.some((text) => Buffer.byteLength(text) > limits.frameBytes);
      if (isTooLarge) return send(reply, refusalAnswer(refuse('too-large')));
      // Before a desktop says hello at a door it looks whether that is there.
      const away = texts.length === 0 && !core.talk.knows(who) ? sentAway() : undefined;
      if (away) return send(reply, away);
      // An empty request is a ping, and counts like one. Frames are counted as they are read, each with the end of its line.
      const unread =
        (bytes.get(request) ?? 0) -
        texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
      const wait = texts.length === 0 || unread > 0 ? core.talk.knock(who, Math.max(1, unread)) : 0;
      if (wait > 0) return send(reply, tooFast(wait));
      const talked = await core.talk.say(who, texts);
      kept.answering(reply.raw);
      if (talked.kind === 'answered') return reply.type(LINES_TYPE).send(joinLines(talked.lines));
      return send(
        reply,
        talked.code === CLOSE.flood ? tooFast(RETRY_MS) : refusalAnswer(refuse('bad-request')),
      );
    },
  );

  app.post(
    EVENTS_PATH,
    { bodyLimit: limits.doorBodyBytes, onRequest, preParsing },
    async (request, reply) => {
      const who = whoOf(request);
      const wait = core.talk.knock(who, bytes.get(request) ?? 1);
      if (wait > 0) return send(reply, tooFast(wait));
      const parsed = eventsRequest.safeParse(request.body);
      if (!parsed.success)
        return send(
          reply,
          refusalAnswer(refuse('bad-request', { field: firstField(parsed.error) })),
        );
      const { hello, more, isGoingOn, waitMs, seenPresence } = parsed.data;
      const away = isGoingOn ? undefined : sentAway();
      if (away) return send(reply, away);
      if (!isGoingOn) turnstile.passed();
      const whole: Hello = { ...hello, positions: { ...more, ...hello.positions } };
      if (request.headers.accept?.includes(STREAM_TYPE) === true)
        return stream(reply, who, whole, isGoingOn);
      const lines = await new Promise<readonly string[] | undefined>((resolve) => {
        const wire: PollWire = new PollWire({
          clock,
          limits,
          waitMs: Math.min(waitMs, limits.doorWaitMs),
          seenPresence,
          presence: () => core.presence(),
          beat: () => core.beat(connection),
          answer: (answered) => {
            core.closed(connection);
            resolve(answered);
          },
        });
        const connection: Connection = core.accept(who, wire);
        reply.raw.once('close', () => {
          wire.drop();
          core.closed(connection);
          resolve(undefined);
        });
        core.begin(connection, whole, { isGoingOn, isPoll: true });
      });
      if (!lines) return reply.hijack();
      kept.answering(reply.raw);
      return reply.type(LINES_TYPE).send(joinLines(lines));
    },
  );

  const stream = (
    reply: FastifyReply,
    who: Principal,
    hello: Hello,
    isGoingOn: boolean,
  ): FastifyReply => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...STREAM_HEADERS });
    raw.socket?.setNoDelay(true);
    // Says nothing but that it comes through: a proxy that keeps answers back is known before there is a welcome to keep.
    raw.write(encodeSign());
    const wire = new StreamWire(raw, clock, () => core.heard(connection));
    const connection: Connection = core.accept(who, wire);
    raw.on('drain', () => core.drained(connection));
    raw.on('error', () => undefined);
    raw.once('close', () => core.closed(connection));
    core.begin(connection, hello, { isGoingOn, isPoll: false });
    return reply;
  };
}
