/**
 * Loaded before a program that may call nobody: any look-up of a name, any connection, any datagram is told on standard error as
 * `OUTBOUND …` and fails. Listening is allowed, and so are connections to the one `host:port` in OUTBOUND_ALLOWED.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const allowed = process.env['OUTBOUND_ALLOWED'];

/** @param asked  what `connect` was given; inside Node that is an array of options and callback */
function isAllowed(asked: unknown): boolean {
  const options = (Array.isArray(asked) ? (asked as readonly unknown[])[0] : asked) as {
    readonly host?: unknown;
    readonly port?: unknown;
  } | null;
  return allowed !== undefined && `${String(options?.host)}:${String(options?.port)}` === allowed;
}

function forbid(owner: object, name: string): void {
  const original = (owner as Record<string, (...args: readonly unknown[]) => unknown>)[name];
  const told = function (this: unknown, ...args: readonly unknown[]): unknown {
    // Node hands the address it is to listen on to `lookup`, which answers for a number without asking anybody.
    if (name === 'lookup' && typeof args[0] === 'string' && net.isIP(args[0]) !== 0)
      return original?.apply(owner, args as never);
    if (name === 'connect' && isAllowed(args[0])) return original?.apply(this, args as never);
    process.stderr.write(`OUTBOUND ${name} ${JSON.stringify(args[0] ?? null)}\n`);
    throw new Error(`outbound: ${name}`);
  };
  Object.assign(owner, { [name]: told });
}

const LOOKUPS = Object.keys(dns).filter((name) => /^(?:lookup|resolve|reverse)/.test(name));
for (const name of LOOKUPS) forbid(dns, name);
for (const name of Object.keys(dns.promises).filter((one) =>
  /^(?:lookup|resolve|reverse)/.test(one),
))
  forbid(dns.promises, name);
forbid(net.Socket.prototype, 'connect');
forbid(dgram.Socket.prototype, 'send');
forbid(dgram.Socket.prototype, 'connect');
forbid(globalThis, 'fetch');
syncBuiltinESMExports();
process.stderr.write(`FORBIDDEN ${LOOKUPS.length}\n`);
