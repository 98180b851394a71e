/**
 * Loaded before a program that may call nobody: any look-up of a name, any connection, any datagram is told on standard error as
 * `OUTBOUND …` and fails. Listening is allowed.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

function forbid(owner: object, name: string): void {
  const original = (owner as Record<string, (...args: readonly unknown[]) => unknown>)[name];
  const told = (...args: readonly unknown[]): unknown => {
    // Node hands the address it is to listen on to `lookup`, which answers for a number without asking anybody.
    if (name === 'lookup' && typeof args[0] === 'string' && net.isIP(args[0]) !== 0) return original?.apply(owner, args as never);
    process.stderr.write(`OUTBOUND ${name} ${JSON.stringify(args[0] ?? null)}\n`);
    throw new Error(`outbound: ${name}`);
  };
  Object.assign(owner, { [name]: told });
}

const LOOKUPS = Object.keys(dns).filter((name) => /^(?:lookup|resolve|reverse)/.test(name));
for (const name of LOOKUPS) forbid(dns, name);
for (const name of Object.keys(dns.promises).filter((one) => /^(?:lookup|resolve|reverse)/.test(one))) forbid(dns.promises, name);
forbid(net.Socket.prototype, 'connect');
forbid(dgram.Socket.prototype, 'send');
forbid(dgram.Socket.prototype, 'connect');
forbid(globalThis, 'fetch');
syncBuiltinESMExports();
process.stderr.write(`FORBIDDEN ${LOOKUPS.length}\n`);
