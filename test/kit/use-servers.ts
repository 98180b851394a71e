/** Servers of a test on ports of the loopback that the system chose; after each test they are closed, with every connection to them. */
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach } from 'vitest';

export interface Servers {
  /** @returns the port; another than asked for only when none was */
  listen(server: Server, port?: number): Promise<number>;
  /** As if their machine had gone: before the end of the test. */
  closeAll(): void;
}

export function useServers(): Servers {
  const ends: (() => void)[] = [];
  const closeAll = (): void => {
    for (const end of ends.splice(0)) end();
  };
  afterEach(closeAll);
  return {
    async listen(server, port = 0) {
      const sockets = new Set<Socket>();
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        // A client that goes in the middle is no fault of the test's.
        socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      });
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      ends.push(() => {
        server.close();
        for (const socket of sockets) socket.destroy();
      });
      return (server.address() as AddressInfo).port;
    },
    closeAll,
  };
}
