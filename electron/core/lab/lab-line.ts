/**
 * One line of the lab at one door: the carriers of every other line, with what they carry counted. It says echoes and hears them come back
 * by the way on which messages come. It shows its member as away, so that only their own line decides what others see of them.
 */
import { decodeDown, encodeUp } from '../../../protocol/codec.ts';
import type { Door } from '../../../protocol/doors.ts';
import type { Down } from '../../../protocol/frames-down.ts';
import type { Hello } from '../../../protocol/frames-up.ts';
import type { OperationId } from '../../../protocol/ids.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { LabFault } from '../../bridge/lab.ts';
import type { Problem } from '../../bridge/commands.ts';
import type { RenewFault } from '../connection/line-events.ts';
import type { NewId } from '../new-id.ts';
import type {
  Clock,
  DialFault,
  RelayNet,
  RelaySocket,
  RelayTarget,
  SocketEvents,
  Traffic,
} from '../ports.ts';
import { createAsks, type Asks } from '../sync/asks.ts';

export interface LabParts {
  readonly clock: Clock;
  readonly net: Pick<RelayNet, 'dial'>;
  readonly newId: NewId;
  readonly target: () => RelayTarget;
  readonly access: () => Promise<Result<string, RenewFault>>;
  /** Where the member's own line stands, so that the lab's lines have little to catch up with. */
  readonly hello: () => Hello;
}

/** All connections of the line together. */
export interface Counts extends Traffic {
  readonly requests: number;
}

/** A door that brings nothing in this time is none. */
const OPEN_MS = 10_000;
/** What has not come back by then is lost. */
const HEARD_MS = 10_000;
/** As long as a short message. */
const TEXT = 'x'.repeat(40);

export class LabLine {
  readonly #clock: Clock;
  readonly #newId: NewId;
  readonly #asks: Asks;
  readonly #traffic: Traffic[] = [];
  readonly #heard = new Map<string, (ms: Result<number, LabFault>) => void>();
  readonly #caughtUp = Promise.withResolvers<undefined>();
  readonly #over = Promise.withResolvers<LabFault>();
  #socket: RelaySocket | undefined;
  #welcome: Down<'welcome'> | undefined;
  #others = 0;
  #requests = 0;
  #fault: LabFault | undefined;

  private constructor({ clock, newId }: LabParts) {
    this.#clock = clock;
    this.#newId = newId;
    this.#asks = createAsks({
      clock,
      send: (frame) => {
        this.#socket?.send(encodeUp(frame));
        return this.#fault === undefined;
      },
    });
  }

  /** Resolves when the line has caught up, or with why it has not. */
  static async open(
    parts: LabParts,
    door: Door,
    signal: AbortSignal,
  ): Promise<Result<LabLine, LabFault>> {
    const line = new LabLine(parts);
    if (signal.aborted) return fail(SILENT);
    const end = (): void => line.end();
    signal.addEventListener('abort', end, { once: true });
    const cancel = parts.clock.after(OPEN_MS, end);
    const opened = await Promise.race([line.#dial(parts, door), line.#over.promise]);
    cancel();
    if (opened === undefined && !signal.aborted) return ok(line);
    line.end();
    return fail(opened ?? SILENT);
  }

  /** The relay that answered the greeting. */
  get node(): string {
    return this.#welcome?.node ?? '';
  }

  get sendsPerSecond(): number {
    return this.#welcome?.limits.sendsPerSecond ?? 1;
  }

  get counts(): Counts {
    return {
      requests: this.#requests,
      bytes: sum(this.#traffic.map(({ bytes }) => bytes)),
      wakeUps: sum(this.#traffic.map(({ wakeUps }) => wakeUps)),
    };
  }

  /** Events that were none of its echoes. */
  get others(): number {
    return this.#others;
  }

  /** Why it is over; undefined while it is not. */
  get fault(): LabFault | undefined {
    return this.#fault;
  }

  /** Says one. Resolves with the milliseconds until it was heard. */
  echo(): Promise<Result<number, LabFault>> {
    const op = this.#newId() as OperationId;
    const from = this.#clock.monotonic();
    return new Promise((resolve) => {
      const settle = (result: Result<number, LabFault>): void => {
        cancel();
        this.#heard.delete(op);
        resolve(result);
      };
      const cancel = this.#clock.after(HEARD_MS, () => settle(fail(SILENT)));
      this.#heard.set(op, (result) =>
        settle(result.ok ? ok(this.#clock.monotonic() - from) : result),
      );
      void this.#asks.change({ t: 'echo', op, text: TEXT }).then((answer) => {
        if (!answer.ok) settle(fail(this.#fault ?? turnedDown(answer.error)));
      });
    });
  }

  usage(): Promise<Result<Down<'usage'>, Problem>> {
    return this.#asks.ask({ t: 'usage' });
  }

  ping(): void {
    this.#socket?.ping();
  }

  end(why: LabFault = SILENT): void {
    if (this.#fault) return;
    this.#fault = why;
    this.#socket?.terminate();
    for (const settle of [...this.#heard.values()]) settle(fail(why));
    this.#asks.failAll();
    this.#over.resolve(why);
  }

  async #dial({ net, target, access, hello }: LabParts, door: Door): Promise<LabFault | undefined> {
    const token = await access();
    if (!token.ok)
      return token.error.kind === 'ended' ? { kind: 'signed-out' } : ofDial(token.error);
    const events: SocketEvents = {
      onText: (text) => this.#hear(text),
      onPong: () => undefined,
      onClose: (code) => this.end({ kind: 'closed', code }),
      onTraffic: (traffic) => void this.#traffic.push(traffic),
      onRequest: () => void this.#requests++,
    };
    const dialed = await net.dial(target(), token.value, events, door);
    if (!dialed.ok) return ofDial(dialed.error);
    if (this.#fault) return void dialed.value.terminate();
    this.#socket = dialed.value;
    this.#socket.send(encodeUp({ ...hello(), focus: null, presence: 'away' }));
    return this.#caughtUp.promise;
  }

  #hear(text: string): void {
    const frame = decodeDown(text);
    if (!frame || this.#asks.take(frame)) return;
    if (frame.t === 'welcome') this.#welcome = frame;
    else if (frame.t === 'caught-up') this.#caughtUp.resolve(undefined);
    else if (frame.t === 'page' || frame.t === 'events') {
      for (const event of frame.events) {
        const settle = event.kind === 'echoed' ? this.#heard.get(event.id) : undefined;
        if (settle) settle(ok(0));
        else this.#others++;
      }
    }
  }
}

const SILENT: LabFault = { kind: 'silent' };
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

const ofDial = (fault: DialFault): LabFault =>
  fault.kind === 'refused' || fault.kind === 'answered-for'
    ? { kind: fault.kind, status: fault.status }
    : { kind: fault.kind };

const turnedDown = ({ kind }: Problem): LabFault =>
  kind === 'unknown-frame' ? { kind: 'too-old' } : { kind: 'turned-down', problem: kind };
