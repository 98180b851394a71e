/**
 * The conversation with one client after its token was taken: decodes what it says, holds it to its limits, hands it to the use cases and
 * answers each mutation and question once. The worst that a client gets for what it sends is a refusal or its own socket closed.
 */
import { CLOSE } from '../../protocol/close-codes.ts';
import { decodeUp, type BadFrame } from '../../protocol/codec.ts';
import { refuse, type Refusal } from '../../protocol/errors.ts';
import {
  isMutation,
  isQuestion,
  type Hello,
  type Mutation,
  type Question,
  type UpFrame,
} from '../../protocol/frames-up.ts';
import type { Limits } from '../../protocol/limits.ts';
import { mutate, type Acknowledged } from '../domain/mutate.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { StoreUnavailable, type Store } from '../ports/store.ts';
import { answer } from './answers.ts';
import type { GatewayAuth } from './auth-port.ts';
import type { Connection } from './connection.ts';
import type { Counts } from './counts.ts';
import type { Meter, Meters } from './meter.ts';
import type { Outbound } from './outbound.ts';
import { Packet } from './packet.ts';
import type { PositionProofs } from './position-proofs.ts';
import type { PresenceDesk } from './presence-desk.ts';

export interface ConversationParts {
  readonly store: Store;
  readonly proofs: PositionProofs;
  readonly auth: GatewayAuth;
  readonly outbound: Outbound;
  readonly presence: PresenceDesk;
  readonly counts: Counts;
  readonly meters: Meters;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  readonly node: string;
  readonly cpuMs: () => number;
  readonly close: (connection: Connection, code: number) => void;
  /** The one good hello. The connection is greeted before anything else it says is looked at. */
  readonly onHello: (connection: Connection, hello: Hello) => void;
  /** The connection may stay as long as its new access token is good. */
  readonly onRenewed: (connection: Connection) => void;
}

/** What a refusal is answered to. */
type Address = { readonly op?: string; readonly req?: number };

const RETRY_MS = 1_000;
/** Questions that read more of the store than a row or two. */
const HISTORY: ReadonlySet<Question['t']> = new Set([
  'range',
  'roster',
  'get-team',
  'get-member',
  'missing',
  'count-unread',
]);

export class Conversation {
  readonly #parts: ConversationParts;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
  }

  /** @returns whether this frame is answered by one of ours */
  receive(connection: Connection, text: string, bytes = text.length): boolean {
    if (connection.stage === 'closed') return false;
    connection.isHeard = true;
    const { clock } = this.#parts;
    const now = clock.monotonic();
    const meter = this.#meterOf(connection);
    // A device that connects in a loop is a flood; until then no other traffic has its `hello` refused.
    if (connection.stage === 'new')
      return meter.isFlood(now)
        ? this.#end(connection, CLOSE.flood)
        : this.#first(connection, text);
    const wait = meter.takeFrame(now, bytes);
    if (wait > 0 && meter.isFlood(now)) return this.#end(connection, CLOSE.flood);
    const decoded = decodeUp(text);
    if (!decoded.ok) return this.#refuseFrame(connection, meter, now, decoded.error);
    const frame = decoded.value;
    if (frame.t === 'hello') return this.#end(connection, CLOSE.protocolError);
    if (wait > 0) this.#hold(connection, meter, now, frame, wait);
    else if (connection.stage === 'greeting') (connection.early ??= []).push(frame);
    else this.#perform(connection, meter, now, frame);
    return isMutation(frame) || isQuestion(frame);
  }

  #meterOf({ member, session }: Connection): Meter {
    return this.#parts.meters.of(member.id, session);
  }

  #end(connection: Connection, code: number): false {
    this.#parts.close(connection, code);
    return false;
  }

  /** The client was welcomed: what it said meanwhile has its turn. */
  goOn(connection: Connection): void {
    const { early } = connection;
    connection.early = undefined;
    for (const frame of early ?? [])
      this.#perform(connection, this.#meterOf(connection), this.#parts.clock.monotonic(), frame);
  }

  /** A ping of the client: counted like a frame, so that a flood of them ends too. False when it should go unanswered. */
  pinged(connection: Connection): boolean {
    if (connection.stage === 'closed') return false;
    connection.isHeard = true;
    const { clock, limits, close } = this.#parts;
    const now = clock.monotonic();
    const meter = this.#meterOf(connection);
    if (meter.takeFrame(now, 1) === 0)
      return connection.wire.queuedBytes <= limits.outboundDropSignalsBytes;
    if (meter.isFlood(now)) close(connection, CLOSE.flood);
    return false;
  }

  /** Whoever does not begin with a good hello does not get a conversation about it. */
  #first(connection: Connection, text: string): false {
    const decoded = decodeUp(text);
    if (!decoded.ok || decoded.value.t !== 'hello')
      return this.#end(connection, CLOSE.protocolError);
    this.#parts.onHello(connection, decoded.value);
    return false;
  }

  #perform(connection: Connection, meter: Meter, now: number, frame: UpFrame): void {
    const { presence } = this.#parts;
    if (isMutation(frame)) {
      // Reading is not sending: a person who scrolls fast is no spammer.
      const wait = frame.t === 'read' ? 0 : meter.takeSend(now);
      const adds = wait > 0 ? 0 : addedBy(frame);
      const addsWait = adds === 0 ? 0 : meter.takeAdds(now, adds);
      if (wait > 0) this.#refuse(connection, { op: frame.op }, rateLimited(wait));
      else if (addsWait > 0)
        this.#refuse(connection, { op: frame.op }, rateLimited(addsWait, 'members'));
      else this.#mutate(connection, now, frame);
    } else if (isQuestion(frame)) {
      const wait = HISTORY.has(frame.t) ? meter.takeHistory(now) : 0;
      if (wait > 0) this.#refuse(connection, { req: frame.req }, rateLimited(wait));
      else this.#answer(connection, frame);
    } else if (frame.t === 'typing') presence.typing(connection, frame.channel);
    else if (frame.t === 'presence') presence.set(connection, frame.presence);
  }

  /** The frame came too fast: refused where it can be, else dropped. */
  #hold(connection: Connection, meter: Meter, now: number, frame: UpFrame, wait: number): void {
    if (isMutation(frame)) {
      meter.blockSends(now, wait);
      this.#refuse(connection, { op: frame.op }, rateLimited(wait));
    } else if (isQuestion(frame)) this.#refuse(connection, { req: frame.req }, rateLimited(wait));
  }

  #mutate(connection: Connection, cameAt: number, frame: Mutation): void {
    const { counts, clock, outbound } = this.#parts;
    if (frame.t === 'post') counts.posts++;
    mutate(this.#parts, connection.member.id, frame).then(
      (result) => {
        if (!result.ok) return this.#refuse(connection, { op: frame.op }, result.error);
        counts.acks++;
        counts.commit.observe(clock.monotonic() - cameAt);
        outbound.queue(connection, new Packet(ackText(frame.op, result.value)));
      },
      (error: unknown) => {
        this.#parts.log.error(
          'mutation-failed',
          { frame: frame.t, member: connection.member.id },
          error,
        );
        this.#refuse(connection, { op: frame.op }, refuse('internal', { retryAfterMs: RETRY_MS }));
      },
    );
  }

  #answer(connection: Connection, frame: Question): void {
    const { store, proofs, auth, clock, limits, log, node, cpuMs, outbound, onRenewed } =
      this.#parts;
    const onRefreshed = (one: Connection, accessUntil: number): void => {
      one.accessUntil = accessUntil;
      if (one.stage !== 'closed') onRenewed(one);
    };
    answer(
      { store, proofs, auth, clock, limits, node, cpuMs, onRefreshed },
      connection,
      frame,
    ).then(
      (result) => {
        if (result.ok) outbound.queue(connection, new Packet(result.value));
        else this.#refuse(connection, { req: frame.req }, result.error);
      },
      (error: unknown) => {
        const isUnavailable = error instanceof StoreUnavailable;
        if (!isUnavailable)
          log.error('question-failed', { frame: frame.t, member: connection.member.id }, error);
        this.#refuse(
          connection,
          { req: frame.req },
          refuse(isUnavailable ? 'unavailable' : 'internal', { retryAfterMs: RETRY_MS }),
        );
      },
    );
  }

  #refuseFrame(connection: Connection, meter: Meter, now: number, bad: BadFrame): boolean {
    if (bad.refusal.kind === 'unknown-frame' && meter.isTooUnknown(now))
      return this.#end(connection, CLOSE.flood);
    this.#refuse(connection, bad, bad.refusal);
    return true;
  }

  #refuse(connection: Connection, { op, req }: Address, refusal: Refusal): void {
    this.#parts.counts.refusals[refusal.kind]++;
    const address = { ...(op === undefined ? {} : { op }), ...(req === undefined ? {} : { req }) };
    this.#parts.outbound.queue(
      connection,
      new Packet(JSON.stringify({ t: 'refused', ...address, refusal })),
    );
  }
}

const rateLimited = (wait: number, field?: string): Refusal =>
  refuse('rate-limited', {
    retryAfterMs: Math.ceil(wait),
    ...(field === undefined ? {} : { field }),
  });

/** How many other people the frame puts into a channel. */
function addedBy(frame: Mutation): number {
  switch (frame.t) {
    case 'add-member':
      return 1;
    case 'create-channel':
    case 'open-direct':
      return new Set(frame.members).size;
    default:
      return 0;
  }
}

function ackText(op: string, { feed, seq, at, channel }: Acknowledged): string {
  const named = channel === undefined ? '' : `,"channel":"${channel}"`;
  return `{"t":"ack","op":"${op}","feed":"${feed}","seq":${seq},"at":${at}${named}}`;
}
