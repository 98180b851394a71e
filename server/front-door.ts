/**
 * Everything between the network and the team: the relay's key, the tokens' keys, accounts and sessions, and the HTTP server on which
 * the gateway takes upgrades. Listens when told to, and knows from then on under which addresses others find it.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { createAuth, type Auth } from './auth/auth.ts';
import type { RelayIdentity } from './auth/gateway-auth.ts';
import type { ArgonCost } from './auth/passwords.ts';
import { loadTokenKeys } from './auth/token-keys.ts';
import { dataFiles, type RelayConfig } from './config.ts';
import { createHttpServer } from './http/http-server.ts';
import { advertisedAddresses, certificateHosts } from './lan/addresses.ts';
import { loadTls } from './lan/tls.ts';
import type { Clock, Random } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Store } from './ports/store.ts';

export interface FrontDoorParts {
  readonly config: RelayConfig;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The relay is going down: nothing new is begun. */
  readonly isDraining: () => boolean;
  readonly passwordCost?: ArgonCost;
}

export interface FrontDoor {
  readonly auth: Auth;
  readonly identity: RelayIdentity;
  /** For `upgrade`. */
  readonly server: Server;
  /** Resolves with the port. @throws the system's error (`EADDRINUSE` …) */
  listen(): Promise<number>;
  close(): Promise<void>;
}

/** @throws SecretFileError when a key is missing its secrecy or its sense */
export async function openFrontDoor(parts: FrontDoorParts): Promise<FrontDoor> {
  const { config, store, clock, random, log, isDraining } = parts;
  const { limits, host, advertise: advertised, trustedProxies } = config;
  const keys = loadTokenKeys(dataFiles(config.data).tokenKeys, random);
  const place = { hostname: hostname(), host, advertised };
  const tls =
    config.tls === 'own'
      ? loadTls({ folder: config.data, hosts: certificateHosts({ interfaces: networkInterfaces(), ...place }), clock, random })
      : undefined;
  let port = config.port;
  const identity: RelayIdentity = {
    // Asked anew each time: machines change networks.
    addresses: () => advertisedAddresses({ interfaces: networkInterfaces(), port, ...place }),
    fingerprint: tls?.fingerprint ?? null,
  };
  const { passwordCost } = parts;
  const auth = createAuth({ store, clock, random, log, limits, keys, identity, ...(passwordCost ? { passwordCost } : {}) });
  const { accounts, sessions } = auth;
  const http = await createHttpServer({ store, accounts, sessions, log, limits, tls: tls?.options ?? null, trustedProxies, isDraining });
  return {
    auth,
    identity,
    server: http.server,
    async listen() {
      port = await listen(http.server, config.port, host);
      return port;
    },
    async close() {
      await http.close();
      auth.dispose();
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  try {
    server.listen({ port, host });
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A machine without IPv6: all addresses are the IPv4 ones.
    if (host !== '::' || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error;
    return listen(server, port, '0.0.0.0');
  }
  return (server.address() as AddressInfo).port;
}
