/** RFC 6455's proof that a server read the handshake and is no cache: what it must answer to the key that was sent. */
import { createHash } from 'node:crypto';

const SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** @param key  `Sec-WebSocket-Key` as it was sent @returns what `Sec-WebSocket-Accept` has to be */
export const acceptOf = (key: string): string =>
  createHash('sha1')
    .update(key + SALT)
    .digest('base64');
