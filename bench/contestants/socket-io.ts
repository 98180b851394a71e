/** socket.io with its defaults on WebSocket: rooms, no sign-in, no store. With connection state recovery where the question asks for it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { serveContestant } from '../kit/server-spec.ts';

serveContestant(async ({ recovers }) => {
  const server = createServer();
  const io = new Server(server, {
    transports: ['websocket'],
    serveClient: false,
    ...(recovers
      ? { connectionStateRecovery: { maxDisconnectionDuration: 120_000, skipMiddlewares: true } }
      : {}),
  });
  io.on('connection', (socket) => {
    const channel = String(socket.handshake.query['channel']);
    if (!socket.recovered) void socket.join(channel);
    socket.on('m', (body: string) => io.to(channel).emit('m', body));
  });
  await new Promise<void>((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve),
  );
  return { port: (server.address() as AddressInfo).port, passesFile: null };
});
