/** The far ends of lines in tests of the desktop's net: a server that says one thing to everybody, and the near end that hears it. */
import { createServer } from 'node:net';
import type { SocketEvents } from '../../electron/core/ports.ts';
import type { Servers } from './use-servers.ts';

/** Keeps what a line brings. */
export function listener(): SocketEvents & {
  readonly texts: string[];
  pongs: number;
  readonly closed: Promise<number>;
} {
  const closed = Promise.withResolvers<number>();
  const self = {
    texts: [] as string[],
    pongs: 0,
    closed: closed.promise,
    onText: (text: string) => void self.texts.push(text),
    onPong: () => void self.pongs++,
    onClose: closed.resolve,
  };
  return self;
}

/** A server that answers every request, upgrades included, with these bytes. */
export const answering = (servers: Servers, bytes: string): Promise<number> =>
  servers.listen(
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(bytes));
    }),
  );
