/** HTTP as bytes, for what no client of Node's would send. */
import { once } from 'node:events';
import type { Socket } from 'node:net';

export const get = (path: string, ...headers: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n');

/** What came back for these bytes until the other side hung up, in whatever way. */
export async function answerTo(socket: Socket, bytes: string): Promise<string> {
  let text = '';
  socket.on('error', () => undefined);
  socket.setEncoding('latin1').on('data', (part: string) => (text += part));
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return text;
}

/** Of all the answers in it, in order. */
export const statusesIn = (text: string): readonly string[] =>
  [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status = '']) => status);
