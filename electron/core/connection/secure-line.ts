/**
 * Opens the bare line to a relay and proves who is at its other end before a byte of ours is sent. With a fingerprint,
 * the key itself is the identity: the SHA-256 of its SPKI is compared on every connection (no session is ever resumed),
 * and names, dates and authorities do not matter. Without one, the certificate must be one this computer trusts.
 * Nothing in the environment can loosen this; no proxy is used.
 */
import { createHash } from 'node:crypto';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { DEFAULT_PORT } from '../../../protocol/invite-link.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { Clock, DialFault, RelayTarget, Traffic } from '../ports.ts';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

const CONNECT_MS = 10_000;

/** `host`, `host:port`, `[v6]:port` taken apart. */
export function splitAddress(address: string): HostAndPort | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:/\s[\]]+))(?::(\d{1,5}))?$/i.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** @param onTraffic  told of the line once it is proved */
export async function openLine(
  target: RelayTarget,
  clock: Clock,
  onTraffic?: (traffic: Traffic) => void,
): Promise<Result<Socket, DialFault>> {
  const at = splitAddress(target.address);
  if (!at) return fail({ kind: 'unreachable' });
  // Unencrypted only where nobody can listen.
  if (target.isPlain === true && !isLoopback(at.host)) return fail({ kind: 'not-a-relay' });
  const bare = await reach(at, clock);
  if (!bare.ok) return bare;
  const line =
    target.isPlain === true ? bare : await prove(bare.value, at, target.fingerprint, clock);
  if (line.ok) onTraffic?.(trafficOf(bare.value, line.value));
  return line;
}

/** The key a relay shows, without saying anything to it. */
export async function peekFingerprint(
  address: string,
  clock: Clock,
): Promise<Result<{ readonly fingerprint: string }, DialFault>> {
  const at = splitAddress(address);
  if (!at) return fail({ kind: 'unreachable' });
  const bare = await reach(at, clock);
  if (!bare.ok) return bare;
  const socket = startTls(bare.value, at, false);
  const opened = await connected(socket, 'secureConnect', clock, () => ok(undefined));
  if (!opened.ok) return opened;
  const fingerprint = fingerprintOf(socket);
  socket.destroy();
  return ok({ fingerprint });
}

const reach = ({ host, port }: HostAndPort, clock: Clock): Promise<Result<Socket, DialFault>> =>
  connected(connectPlain({ host, port, noDelay: true }), 'connect', clock, () => ok(undefined));

async function prove(
  bare: Socket,
  at: HostAndPort,
  fingerprint: string | null,
  clock: Clock,
): Promise<Result<Socket, DialFault>> {
  const socket = startTls(bare, at, fingerprint === null);
  return connected(socket, 'secureConnect', clock, () => {
    const seen = fingerprintOf(socket);
    if (fingerprint === null ? socket.authorized : seen === fingerprint) return ok(undefined);
    return fail({ kind: 'key-mismatch', expected: fingerprint ?? '', seen });
  });
}

/** TLS over a connection that is up. Only the connection itself knows what TLS adds. */
function startTls(bare: Socket, { host }: HostAndPort, isTrustedByAuthority: boolean): TLSSocket {
  return connectTls({
    socket: bare,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // Said explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED has no say.
    rejectUnauthorized: isTrustedByAuthority,
    // Whom a pinned key trusts is said by the pin. To read the system's hundred and fifty authorities would only hold up the first line.
    ...(isTrustedByAuthority ? {} : { ca: [] }),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  });
}

/** @param bare  what carries the bytes @param line  where they come out */
function trafficOf(bare: Socket, line: Socket): Traffic {
  let wakeUps = 1;
  line.on('data', () => wakeUps++);
  return {
    get bytes() {
      return bare.bytesRead + bare.bytesWritten;
    },
    get wakeUps() {
      return wakeUps;
    },
  };
}

function fingerprintOf(socket: TLSSocket): string {
  const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
  return key ? createHash('sha256').update(key).digest('hex') : '';
}

function connected<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  clock: Clock,
  check: () => Result<undefined, DialFault>,
): Promise<Result<S, DialFault>> {
  return new Promise((resolve) => {
    let isSettled = false;
    const settle = (result: Result<S, DialFault>): void => {
      if (isSettled) return;
      isSettled = true;
      cancel();
      socket.removeAllListeners('error');
      // A line nobody waits for any more may still fail; that is no one's business.
      socket.on('error', () => undefined);
      if (!result.ok) socket.destroy();
      resolve(result);
    };
    const cancel = clock.after(CONNECT_MS, () => settle(fail({ kind: 'unreachable' })));
    socket.once(event, () => {
      const checked = check();
      settle(checked.ok ? ok(socket) : checked);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => settle(fail(faultOf(error))));
    socket.once('close', () => settle(fail({ kind: 'unreachable' })));
  });
}

function faultOf(error: NodeJS.ErrnoException): DialFault {
  const code = error.code ?? '';
  // Something listens there that does not speak TLS, or not ours.
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return { kind: 'not-a-relay' };
  if (CERTIFICATE_FAULT.test(code)) return { kind: 'key-mismatch', expected: '', seen: '' };
  return { kind: 'unreachable' };
}

const CERTIFICATE_FAULT =
  /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;
