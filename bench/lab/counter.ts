/** What passes between a client and the relay, counted on the bare line: connections made, bytes both ways, and how often something came in. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Counts {
  readonly connections: number;
  readonly bytes: number;
  /** Times that the client had something to read. */
  readonly wakeUps: number;
}

export interface Counter {
  readonly port: number;
  readonly counts: Counts;
  close(): void;
}

export async function startCounter(to: number): Promise<Counter> {
  const counts = { connections: 0, bytes: 0, wakeUps: 0 };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    counts.connections++;
    const relay = connect({ port: to, host: '127.0.0.1', noDelay: true });
    for (const [from, into] of [
      [client, relay],
      [relay, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => into.destroy());
      from.on('close', () => {
        sockets.delete(from);
        into.destroy();
      });
      from.on('data', (chunk: Buffer) => {
        counts.bytes += chunk.length;
        if (from === relay) counts.wakeUps++;
      });
      from.pipe(into);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get counts() {
      return { ...counts };
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
