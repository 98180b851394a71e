/**
 * The load: all members of one setting in one process, and what they do. Everything that is counted is counted in the meter; a
 * flight ends when every member has everything, or after a time-out with the rest counted as missing.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { bodiesOf } from './bodies.ts';
import { dialectOf, type Dialect } from './dialects.ts';
import type { Burst, Closed, Connected, Flown, Paced, Returned, Setting } from './load-spec.ts';
import { Meter, type Tally } from './meter.ts';
import type { Pass } from './passes.ts';
import { RawSocket } from './raw-socket.ts';
import { DelayHistogram } from './stats.ts';
import { spentBetween, usageNow, type Usage } from './usage.ts';

const OPENING_AT_ONCE = 64;
const DRAIN_MS = 30_000;
const TROUBLES_KEPT = 5;
/** Turned away at the door, a client comes back; a time-out of a starved machine is no wrong delivery. */
const ATTEMPTS = 5;

interface Line {
  readonly member: number;
  readonly port: number;
  readonly dialect: Dialect;
  socket: RawSocket | null;
  isReady: boolean;
  isStopped: boolean;
  /** Connections begun since it was last ready. */
  attempts: number;
  /** When the messages still without an ack were sent, oldest first. */
  readonly unacked: number[];
  lastFrame: string | null;
}

interface TakeOff {
  readonly startedAt: number;
  readonly usage: Usage;
  readonly before: Tally;
  readonly acks: number;
}

export class Load {
  readonly #setting: Setting;
  readonly #meter: Meter;
  readonly #lines: Line[];
  #body: (n: number) => string;
  readonly #troubles: string[] = [];
  #acks = 0;
  #ackDelays = new DelayHistogram();
  #lastArrivalAt = 0;
  #onReady: (() => void) | null = null;
  #onOwn: ((member: number) => void) | null = null;
  #keepsLastFrame = false;

  constructor(setting: Setting) {
    this.#setting = setting;
    const members = setting.channels * setting.membersPerChannel;
    const channelOf = Array.from({ length: members }, (_, member) => member % setting.channels);
    const passes =
      setting.passesFile === null
        ? []
        : (JSON.parse(readFileSync(setting.passesFile, 'utf8')) as readonly Pass[]);
    this.#body = bodiesOf(setting.bodyBytes);
    this.#meter = new Meter({
      channelOf,
      channels: setting.channels,
      bodyBytes: setting.bodyBytes,
      onOwn: (member) => this.#onOwn?.(member),
      now: () => performance.now(),
    });
    this.#lines = channelOf.map((channel, member) => ({
      member,
      port:
        setting.ports[Math.floor(member / setting.channels) % setting.ports.length] ??
        setting.ports[0],
      dialect: dialectOf(setting.dialect, { member, channel, pass: passes[member] }),
      socket: null,
      isReady: false,
      isStopped: false,
      attempts: 0,
      unacked: [],
      lastFrame: null,
    }));
  }

  async connect(): Promise<Connected> {
    const startedAt = performance.now();
    await this.#openAll(this.#lines);
    return { members: this.#lines.length, tookMs: performance.now() - startedAt };
  }

  /** From now on messages are this long, and never shorter than the setting's. */
  setBody({ bytes }: { readonly bytes: number }): void {
    this.#body = bodiesOf(bytes);
  }

  /** Closed loop: each sender's next message goes out when an earlier one has come back. */
  async saturate({ sendersPerChannel, window, ms }: Closed): Promise<Flown> {
    const senders = this.#lines.filter(
      ({ member }) => member < sendersPerChannel * this.#setting.channels,
    );
    const flight = this.#takeOff();
    let isOver = false;
    this.#onOwn = (member) => {
      if (!isOver) this.#post(this.#line(member), performance.now());
    };
    for (let i = 0; i < window; i++)
      for (const line of senders) this.#post(line, performance.now());
    await sleep(ms);
    isOver = true;
    return this.#land(flight);
  }

  /** A given number of messages in a closed loop over the first members. */
  async burst({ messages, window }: Burst): Promise<Flown> {
    const flight = this.#takeOff();
    let left = messages;
    const next = (member: number): void => {
      if (left-- > 0) this.#post(this.#line(member), performance.now());
    };
    this.#onOwn = next;
    for (let member = 0; member < window; member++) next(member);
    while (left > 0 && this.#troubles.length === 0) await sleep(5);
    return this.#land(flight);
  }

  /** Open loop: messages leave on a fixed timetable and their delay counts from it, however late the machine was. */
  async pace({ messagesPerSecond, ms }: Paced): Promise<Flown> {
    const flight = this.#takeOff();
    const everyMs = 1000 / messagesPerSecond;
    const total = Math.floor(ms / everyMs);
    for (let next = 0; next < total;) {
      const elapsed = performance.now() - flight.startedAt;
      for (; next < total && next * everyMs <= elapsed; next++) {
        // A stride that shares no factor with the usual sizes spreads the senders over channels and members.
        this.#post(
          this.#line((next * 7919) % this.#lines.length),
          flight.startedAt + next * everyMs,
        );
      }
      const waitMs = flight.startedAt + next * everyMs - performance.now();
      // Timers are a millisecond late; the last one is waited for awake, yet without starving the sockets.
      await (waitMs > 1.5 ? sleep(waitMs - 1.2) : new Promise((resolve) => setImmediate(resolve)));
    }
    return this.#land(flight);
  }

  /** The last member stays connected and takes nothing more; that the server ends it for that is no trouble. */
  stopReading(): void {
    const line = this.#line(this.#lines.length - 1);
    this.#meter.setAway(line.member, true);
    line.socket?.pause();
    line.isStopped = true;
  }

  /** All but the first member of each channel hang up, miss messages, and return at once. */
  async comeBack({ missedEach }: { readonly missedEach: number }): Promise<Returned> {
    const { channels } = this.#setting;
    const leavers = this.#lines.filter(({ member }) => member >= channels);
    this.#keepsLastFrame = true;
    await this.#missed(1); // Everybody needs a last message to resume from.
    for (const line of leavers) {
      line.socket?.destroy();
      line.socket = null;
      if (line.lastFrame !== null) line.dialect.sawLast(line.lastFrame);
      this.#meter.setAway(line.member, true);
    }
    this.#keepsLastFrame = false;
    await sleep(300); // The server is to notice.
    await this.#missed(missedEach);
    const startedAt = performance.now();
    for (const { member } of leavers) this.#meter.setAway(member, false);
    await this.#openAll(leavers);
    await this.#drained();
    return {
      members: leavers.length,
      missedEach,
      tookMs: this.#lastArrivalAt - startedAt,
      tally: this.#meter.tally(),
      troubles: this.#troubles,
    };
  }

  async #missed(each: number): Promise<void> {
    for (let i = 0; i < each; i++) {
      for (let channel = 0; channel < this.#setting.channels; channel++)
        this.#post(this.#line(channel), performance.now());
      if (i % 10 === 9) await this.#drained();
    }
    await this.#drained();
  }

  #takeOff(): TakeOff {
    this.#meter.delays = new DelayHistogram();
    this.#ackDelays = new DelayHistogram();
    return {
      startedAt: performance.now(),
      usage: usageNow(),
      before: this.#meter.tally(),
      acks: this.#acks,
    };
  }

  async #land({ startedAt, usage, before, acks }: TakeOff): Promise<Flown> {
    await this.#drained();
    this.#onOwn = null;
    const tally = this.#meter.tally();
    const delays = this.#meter.delays?.summary() ?? new DelayHistogram().summary();
    this.#meter.delays = null;
    return {
      sent: tally.sent - before.sent,
      deliveries: tally.deliveries - before.deliveries,
      acks: this.#acks - acks,
      tookMs: this.#lastArrivalAt - startedAt,
      delays,
      ackDelays: this.#ackDelays.summary(),
      loadShare: spentBetween(usage, usageNow()).share,
      tally,
      troubles: this.#troubles,
    };
  }

  async #drained(): Promise<void> {
    const until = performance.now() + DRAIN_MS;
    while (!this.#isQuiet() && performance.now() < until && this.#troubles.length === 0)
      await sleep(2);
  }

  #isQuiet(): boolean {
    return (
      this.#meter.isAllWhole() &&
      (this.#setting.dialect !== 'relay' || this.#acks === this.#meter.tally().sent)
    );
  }

  #post(line: Line, at: number): void {
    const n = this.#meter.send(line.member, at);
    if (this.#setting.dialect === 'relay') line.unacked.push(at);
    line.socket?.sendText(line.dialect.post(n, this.#body(n)));
  }

  #openAll(lines: readonly Line[]): Promise<void> {
    return new Promise((resolve) => {
      let next = 0;
      let ready = 0;
      const more = (): void => {
        const line = lines[next++];
        if (line !== undefined) this.#open(line);
      };
      this.#onReady = () => {
        ready += 1;
        more();
        if (ready < lines.length) return;
        this.#onReady = null;
        resolve();
      };
      for (let i = 0; i < OPENING_AT_ONCE; i++) more();
    });
  }

  #open(line: Line): void {
    const { dialect, member, port } = line;
    line.isReady = false;
    line.attempts += 1;
    const becomeReady = (): void => {
      if (line.isReady) return;
      line.isReady = true;
      line.attempts = 0;
      this.#onReady?.();
    };
    const socket: RawSocket = new RawSocket({
      port,
      isTls: this.#setting.isTls,
      path: dialect.path,
      headers: dialect.headers,
      onOpen: () => {
        const greeting = dialect.greeting();
        if (greeting === null) becomeReady();
        else socket.sendText(greeting);
      },
      onText: (buffer, from, to) => {
        const kind = dialect.kindOf(buffer, from, to);
        if (kind === 'bodies') {
          const count = this.#meter.take(member, buffer, from, to);
          if (count === 0) return;
          this.#lastArrivalAt = performance.now();
          if (this.#keepsLastFrame) line.lastFrame = buffer.toString('latin1', from, to);
        } else if (kind === 'ack') {
          this.#acks += 1;
          this.#ackDelays.record((performance.now() - (line.unacked.shift() ?? NaN)) * 1000);
        } else if (kind === 'ready') {
          becomeReady();
        } else {
          const reply = kind === 'other' ? dialect.replyTo(buffer, from, to) : null;
          if (reply !== null) socket.sendText(reply);
          if (kind === 'refused')
            this.#trouble(
              `member ${member}: ${buffer.toString('latin1', from, Math.min(to, from + 300))}`,
            );
        }
      },
      onClose: (why) => {
        if (line.socket !== socket || line.isStopped) return;
        if (!line.isReady && line.attempts < ATTEMPTS) return this.#open(line);
        this.#trouble(`member ${member}: ${why}`);
        becomeReady();
      },
    });
    line.socket = socket;
  }

  #line(member: number): Line {
    const line = this.#lines[member];
    if (line === undefined) throw new Error(`no member ${member}`);
    return line;
  }

  #trouble(words: string): void {
    if (this.#troubles.length < TROUBLES_KEPT) this.#troubles.push(words);
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
