/**
 * The yardstick: a plain `ws` server that passes each message on to everybody in the channel. No sign-in, no rights, no store, no
 * acknowledgement, no limits: less than any messenger can do.
 */
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { serveContestant } from '../kit/server-spec.ts';

serveContestant(async ({ isTls }) => {
  const channels = new Map<string, Set<WebSocket>>();
  // Loaded only where needed: memory is compared too.
  const server = isTls
    ? createHttps((await import('../kit/throwaway-key.ts')).throwawayKey())
    : createHttp();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket, request) => {
    const name = request.url ?? '/';
    const members = channels.get(name) ?? new Set();
    channels.set(name, members.add(socket));
    socket.on('message', (data) => {
      for (const member of members) member.send(data, { binary: false });
    });
    socket.on('close', () => members.delete(socket));
  });
  await new Promise<void>((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve),
  );
  return { port: (server.address() as AddressInfo).port, passesFile: null };
});
