/**
 * Answers `GET /metrics` at a port of its own, so that no balancer in front of the relay's port can
 * carry the figures to the world by mistake. Plain HTTP without sign-in: the address decides who
 * can reach it, and `Host` keeps the pages of browsers out.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsAddress } from '../config.ts';
import { hostFault } from '../http/guard.ts';
import type { IsKnownHost } from '../http/known-hosts.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from './metrics.ts';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A scraper's whole request; it asks every few seconds. */
const REQUEST_MS = 5_000;
const MAX_CONNECTIONS = 16;

/** @throws Node's own error when it cannot listen */
export async function serveMetrics(
  { host, port }: MetricsAddress,
  metrics: Metrics,
  isKnownHost: IsKnownHost,
  log: Log,
): Promise<MetricsServer> {
  const server = createServer(
    {
      requestTimeout: REQUEST_MS,
      headersTimeout: REQUEST_MS,
      connectionsCheckingInterval: REQUEST_MS,
    },
    (request, response) => {
      answer(request, response, { metrics, isKnownHost }).catch((error: unknown) => {
        log.error('metrics-failed', {}, error);
        response.writeHead(500).end();
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.listen({ host, port });
  await once(server, 'listening');
  const { port: listeningOn } = server.address() as AddressInfo;
  log.info('metrics-started', { port: listeningOn });
  return {
    port: listeningOn,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, isKnownHost }: { readonly metrics: Metrics; readonly isKnownHost: IsKnownHost },
): Promise<void> {
  const { method, url } = request;
  const fault = hostFault(request, isKnownHost);
  if (fault) return void response.writeHead(fault.status).end();
  if (url !== '/metrics') return void response.writeHead(404).end();
  if (method !== 'GET') return void response.writeHead(405, { allow: 'GET' }).end();
  const text = await metrics.text();
  response
    .writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' })
    .end(text);
}
