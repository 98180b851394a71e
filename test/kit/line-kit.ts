/**
 * The whole relay on this machine, its own TLS key included, with people in it and every way to speak to it: bytes on a TLS socket as
 * no honest client would send them, requests, and lines that said hello. What it logged is kept, every level of it.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import type { SignedIn } from '../../protocol/http.ts';
import type { Limits } from '../../protocol/limits.ts';
import { SOCKET_PATH, SUBPROTOCOL } from '../../protocol/version.ts';
import { createLog } from '../../server/observe/log.ts';
import { startRelay, type Relay, type RelayParts, type RelaySettings } from '../../server/relay.ts';

export const LINE_PASSWORD = 'nine lives of the office cat';

export interface LineKit {
  readonly relay: Relay;
  readonly folder: string;
  /** Every line of the log so far. */
  readonly log: readonly string[];
  /** The team's owner. */
  readonly ada: SignedIn;
  /** A new member, signed in on a first device. */
  person(handle: string): Promise<SignedIn>;
  signIn(handle: string, password?: string): Promise<SignedIn>;
  ask(
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  /** A TCP connection that has not begun TLS. */
  tcp(): Promise<Socket>;
  tls(): Promise<TLSSocket>;
  /** Sends the bytes over TLS; everything that came back until the relay hung up. */
  answer(bytes: string | Buffer): Promise<string>;
  /** A WebSocket with this token. It has not said hello. */
  socket(access: string): Promise<Line>;
  /** A WebSocket that was welcomed and has caught up. */
  line(who: SignedIn): Promise<Line>;
  op<T extends string>(): T;
  dispose(): Promise<void>;
}

export type Frame = Readonly<Record<string, unknown>>;

export interface Line {
  readonly ws: WebSocket;
  /** Everything it was told. */
  readonly texts: string[];
  readonly closed: Promise<number>;
  say(frame: object | string): void;
  all(t: string): Frame[];
  /** The first frame for which this holds, now or later. */
  until(is: (frame: Frame) => boolean): Promise<Frame>;
  /** What answers this mutation or question. */
  ask(frame: Readonly<Record<string, unknown>>): Promise<Frame>;
}

export async function createLineKit(
  limits: Partial<Limits> = {},
  tls: 'own' | 'off' = 'own',
  more: Partial<RelaySettings> = {},
  parts: Pick<RelayParts, 'clock'> = {},
): Promise<LineKit> {
  const folder = mkdtempSync(join(tmpdir(), 'landline-line-'));
  const log: string[] = [];
  const relay = await startRelay(
    { data: join(folder, 'data'), limits, tls, ...more },
    {
      ...parts,
      log: createLog({
        level: 'debug',
        node: 'test',
        destination: { write: (text) => void log.push(text) },
      }),
    },
  );
  const { port } = relay;
  const open = new Set<Socket>();
  const keep = <T extends Socket>(socket: T): T => {
    open.add(socket);
    socket.on('error', () => undefined);
    return socket;
  };
  let count = 0;

  const ask: LineKit['ask'] = async (path, body, headers = {}) => {
    const asking = request({
      host: '127.0.0.1',
      port,
      path,
      method: body === undefined ? 'GET' : 'POST',
      rejectUnauthorized: false,
      agent: false,
      headers: { 'content-type': 'application/json', ...headers },
    });
    asking.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(asking, 'response')) as [import('node:http').IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    return {
      status: response.statusCode ?? 0,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  };
  const must = async (path: string, body: unknown): Promise<SignedIn> => {
    const answer = await ask(path, body);
    if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.body as SignedIn;
  };
  const owner = {
    team: 'Night shift',
    name: 'Ada',
    handle: 'ada',
    password: LINE_PASSWORD,
    device: 'desk',
  };
  const ada = await must('/v1/setup', { code: relay.setupCode, ...owner });

  const kit: LineKit = {
    relay,
    folder,
    log,
    ada,
    ask,
    op: <T extends string>() =>
      `01980000-0000-7000-8000-${(++count).toString(16).padStart(12, '0')}` as T,
    async person(handle) {
      const { code } = await relay.auth.invites.create({
        role: 'member',
        days: 1,
        uses: 1,
        createdBy: ada.member.id,
      });
      return must('/v1/join', {
        code,
        name: handle,
        handle,
        password: LINE_PASSWORD,
        device: 'desk',
      });
    },
    signIn: (handle, password = LINE_PASSWORD) =>
      must('/v1/sign-in', { handle, password, device: 'another' }),
    async tcp() {
      const socket = keep(connectPlain(port, '127.0.0.1'));
      await once(socket, 'connect');
      return socket;
    },
    async tls() {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      keep(socket);
      await once(socket, 'secureConnect');
      return socket;
    },
    async answer(bytes) {
      return tell(await kit.tls(), bytes);
    },
    async socket(access) {
      const ws = new WebSocket(`wss://127.0.0.1:${port}${SOCKET_PATH}`, SUBPROTOCOL, {
        rejectUnauthorized: false,
        perMessageDeflate: false,
        headers: { authorization: `Bearer ${access}` },
      });
      const line = listen(ws);
      await once(ws, 'open');
      return line;
    },
    async line(who) {
      const line = await kit.socket(who.tokens.access);
      line.say({
        t: 'hello',
        versions: { min: 1, max: 1 },
        epoch: null,
        positions: {},
        focus: null,
        presence: 'here',
      });
      await line.until((frame) => frame['t'] === 'caught-up');
      return line;
    },
    async dispose() {
      for (const socket of open) socket.destroy();
      await relay.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return kit;
}

/** Writes these bytes and gives what came back until the socket was closed. */
export async function tell(socket: Socket, bytes: string | Buffer): Promise<string> {
  const closed = gone(socket);
  let answer = '';
  socket.on('data', (data: Buffer) => (answer += data.toString('latin1')));
  socket.write(bytes);
  await closed;
  return answer;
}

/** However it ends: `once` would take a reset for a failure. */
export const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

function listen(ws: WebSocket): Line {
  const texts: string[] = [];
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  ws.on('message', (data: Buffer) => {
    texts.push(data.toString());
    frames.push(JSON.parse(data.toString()) as Frame);
    for (const look of [...waiting]) look();
  });
  // A refused upgrade is an error of `once(ws, 'open')`; afterwards the close tells.
  ws.on('error', () => undefined);
  const line: Line = {
    ws,
    texts,
    closed: once(ws, 'close').then(([code]) => code as number),
    say: (frame) => ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    all: (t) => frames.filter((frame) => frame['t'] === t),
    until: (is) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = frames.find(is);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    ask(frame) {
      line.say(frame);
      const { op, req } = frame;
      return line.until(
        (one) =>
          (op !== undefined && one['op'] === op) || (req !== undefined && one['req'] === req),
      );
    },
  };
  return line;
}
