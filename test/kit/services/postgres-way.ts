/**
 * A way to a PostgreSQL server, as a balancer or an address that moves would be one: it leads to this server now and to another later, or
 * nowhere, and can be cut at a commit.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresAddress } from './postgres.ts';

export type Cut = 'never' | 'before the commit' | 'after the commit';

export interface PostgresWay {
  /** Of the same database as at the way's beginning. */
  readonly address: PostgresAddress;
  /** Ends a connection at its next commit, until told otherwise. */
  cut(when: Cut): void;
  /** Ends all connections; new ones lead there. Nowhere: they are ended at once. */
  leadTo(server: PostgresAddress | undefined): void;
  /** Its connections stay open and carry nothing more, as when the machine at the other end has lost its power. New ones do. */
  fallSilent(): void;
  /** What new connections ask to be set is another by the time it arrives, as where a pooler leaves it away. */
  dropSettings(): void;
  dispose(): Promise<void>;
}

const SOCKET = '.s.PGSQL.5432';

export function openWay(address: PostgresAddress): PostgresWay {
  const host = mkdtempSync(join(tmpdir(), 'landline-way-'));
  chmodSync(host, 0o700);
  const open = new Set<Socket>();
  const silent = new Set<Socket>();
  let target: string | undefined = address.host;
  let cut: Cut = 'never';
  let dropsSettings = false;
  const pipe = (client: Socket): void => {
    if (target === undefined) return void client.destroy();
    const onward = connect(join(target, SOCKET));
    const end = (): void => void [client.destroy(), onward.destroy()];
    let isAnswerLost = false;
    client.on('data', (data) => {
      const isCommit = cut !== 'never' && data.includes('COMMIT');
      if (isCommit && cut === 'before the commit') return end();
      isAnswerLost ||= isCommit;
      onward.write(dropsSettings ? unset(data) : data);
    });
    onward.on('data', (data) => {
      if (!isAnswerLost) client.write(data);
      // Not before the server has said that it is done: with nobody to talk to it would not come that far.
      else if (data.includes('COMMIT')) end();
    });
    for (const socket of [client, onward]) {
      open.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        open.delete(socket);
        end();
      });
    }
  };
  const way = createServer(pipe).listen(join(host, SOCKET));
  return {
    address: { ...address, host },
    cut: (when) => void (cut = when),
    leadTo: (server) => {
      target = server?.host;
      for (const socket of open) socket.destroy();
    },
    dropSettings: () => void (dropsSettings = true),
    fallSilent: () => {
      for (const socket of open) silent.add(socket.removeAllListeners('data').pause());
      open.clear();
    },
    dispose: async () => {
      for (const socket of [...open, ...silent]) socket.destroy();
      await new Promise((resolve) => way.close(resolve));
      rmSync(host, { recursive: true, force: true });
    },
  };
}

/** As long as before: the packet says its length. */
const unset = (data: Buffer): Buffer =>
  Buffer.from(
    data.toString('latin1').replace('enable_seqscan=off', 'enable_seqscan=on '),
    'latin1',
  );
