/**
 * The relay's ear for its operator: one command per connection, one line of JSON each way. Whoever may open the socket may do
 * anything, so it is made for the relay's own account alone (0600). The caller holds the store, so a socket file found there is a dead
 * relay's and is removed.
 */
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { fail } from '../../protocol/result.ts';
import type { Log } from '../ports/log.ts';
import { command } from './commands.ts';
import { prepareControlFolder } from './control-path.ts';
import type { CommandResult, Operator } from './operator.ts';

export interface ControlServer {
  close(): Promise<void>;
}

const MAX_LINE_BYTES = 64 * 1024;
/** A command is typed by a program; one that takes longer to arrive is not coming. Backups may take long to answer. */
const SILENCE_MS = 10_000;

export async function listenForOperator(
  path: string,
  operator: Operator,
  log: Log,
): Promise<ControlServer> {
  const isFile = process.platform !== 'win32';
  if (isFile) {
    prepareControlFolder(dirname(path));
    rmSync(path, { force: true });
  }
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, operator).catch((error: unknown) => {
      log.error('control-failed', {}, error);
      socket.destroy();
    });
  });
  server.listen(path);
  await once(server, 'listening');
  if (isFile) chmodSync(path, 0o600);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      if (isFile) rmSync(path, { force: true });
    },
  };
}

async function serve(socket: Socket, operator: Operator): Promise<void> {
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  const line = await readLine(socket);
  if (line === undefined) return void socket.destroy();
  socket.setTimeout(0);
  socket.end(`${JSON.stringify(await answer(line, operator))}\n`);
}

async function answer(line: string, operator: Operator): Promise<CommandResult> {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return fail({ kind: 'bad-command', message: 'That was not JSON.' });
  }
  const parsed = command.safeParse(raw);
  if (parsed.success) return operator.run(parsed.data);
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: '' };
  return fail({
    kind: 'bad-command',
    message: `${path.map(String).join('.') || 'command'}: ${message}`,
  });
}

/** The first line, or nothing when the other side hangs up or says too much. */
function readLine(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      if (part.includes(0x0a)) {
        const all = Buffer.concat(parts);
        resolve(all.subarray(0, all.indexOf(0x0a)).toString('utf8'));
      } else if (bytes > MAX_LINE_BYTES) resolve(undefined);
    });
    socket.on('close', () => resolve(undefined));
    socket.on('end', () => resolve(undefined));
  });
}
