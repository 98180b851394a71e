/** Something between a client and its relay that passes everything on, and cuts a line over which nothing went either way for a while. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface ImpatientProxy {
  readonly port: number;
  /** How much silence it bears, of lines that begin from now on; null: any. */
  silenceMs: number | null;
  /** Lines that it has cut. */
  readonly cuts: number;
  close(): void;
}

/** @param to  a port of this machine */
export async function startImpatientProxy(
  to: number,
  silenceMs: number | null,
): Promise<ImpatientProxy> {
  const open = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const relay = connect(to, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      relay.destroy();
    };
    for (const socket of [client, relay]) {
      open.add(socket);
      socket.on('error', end).on('close', () => {
        open.delete(socket);
        end();
      });
    }
    // Of one end alone: what goes either way passes it.
    client.setTimeout(self.silenceMs ?? 0, () => {
      cuts++;
      end();
    });
    client.pipe(relay).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: ImpatientProxy = {
    port: (server.address() as AddressInfo).port,
    silenceMs,
    get cuts() {
      return cuts;
    },
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
  return self;
}
