/**
 * Every request of one window, held at Chromium's Fetch domain: asks the app's `webRequest` listeners, lets the app veto a
 * navigation, answers the app's own schemes from their handlers with status and headers (so that a Content-Security-Policy of
 * theirs is enforced by Chromium itself), and lets the rest through.
 */
import type { Protocol } from '../../../node_modules/playwright-core/types/protocol.d.ts';
import type { CdpSession } from '../browser/cdp.ts';
import type { Schemes } from './schemes.ts';
import type { HeadersAnswer, HeadersDetails, RequestDetails, WebRequest } from './web-request.ts';

type Paused = Protocol.Fetch.requestPausedPayload;
type Headers = Record<string, string[]>;

export interface NetworkParts {
  readonly session: CdpSession;
  readonly mainFrameId: string;
  readonly contentsId: number;
  readonly schemes: Schemes;
  readonly webRequest: WebRequest;
  /** Asked before the main frame leaves for a URL; false aborts. */
  readonly mayNavigate: (url: string, wireUrl: string) => boolean;
  /** What went wrong while answering; the request has failed. */
  readonly failed: (url: string, error: unknown) => void;
}

/** Electron's names of resource types, as `details.resourceType` has them. */
const TYPES: Readonly<Record<string, string>> = {
  Document: 'mainFrame',
  Stylesheet: 'stylesheet',
  Script: 'script',
  Image: 'image',
  Font: 'font',
  Media: 'media',
  XHR: 'xhr',
  Fetch: 'xhr',
  Ping: 'ping',
  CSPViolationReport: 'cspReport',
  WebSocket: 'webSocket',
};

function gather(entries: readonly { readonly name: string; readonly value: string }[]): Headers {
  const headers: Headers = {};
  for (const { name, value } of entries) (headers[name] ??= []).push(value);
  return headers;
}

const spread = (headers: HeadersAnswer['responseHeaders']): { name: string; value: string }[] =>
  Object.entries(headers ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one) => ({ name, value: one })),
  );

export class Network {
  readonly #parts: NetworkParts;
  #requests = 0;

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { session, failed, schemes } = this.#parts;
    session.on('Fetch.requestPaused', (paused) => {
      this.#decide(paused).catch((error: unknown) => {
        failed(schemes.fromWire(paused.request.url), error);
        session
          .send('Fetch.failRequest', { requestId: paused.requestId, errorReason: 'Failed' })
          .catch(() => undefined);
      });
    });
    await session.send('Fetch.enable', {
      patterns: [
        { urlPattern: '*', requestStage: 'Request' },
        { urlPattern: '*', requestStage: 'Response' },
      ],
    });
  }

  #details(paused: Paused): RequestDetails {
    this.#requests += 1;
    const isFrame =
      paused.resourceType === 'Document' && paused.frameId !== this.#parts.mainFrameId;
    return {
      id: this.#requests,
      url: this.#parts.schemes.fromWire(paused.request.url),
      method: paused.request.method,
      resourceType: isFrame ? 'subFrame' : (TYPES[paused.resourceType] ?? 'other'),
      webContentsId: this.#parts.contentsId,
      timestamp: Date.now(),
    };
  }

  async #decide(paused: Paused): Promise<void> {
    if (paused.responseStatusCode !== undefined || paused.responseErrorReason !== undefined)
      return this.#onResponse(paused);
    const { session, schemes, webRequest, mainFrameId, mayNavigate } = this.#parts;
    const { requestId, request } = paused;
    const details = this.#details(paused);
    // Electron never asks for one; a strict handler would report a page error for it.
    if (new URL(request.url).pathname === '/favicon.ico') return this.#abort(requestId);
    if (
      details.resourceType === 'mainFrame' &&
      paused.frameId === mainFrameId &&
      !mayNavigate(details.url, request.url)
    ) {
      return this.#abort(requestId);
    }
    const answer = await webRequest.before.ask(details);
    if (answer?.cancel === true) return this.#abort(requestId, 'BlockedByClient');
    if (answer?.redirectURL !== undefined) {
      const responseHeaders = [{ name: 'Location', value: schemes.toWire(answer.redirectURL) }];
      await session.send('Fetch.fulfillRequest', { requestId, responseCode: 307, responseHeaders });
      return;
    }
    const handler = schemes.handlerFor(details.url);
    if (handler === undefined) {
      await session.send('Fetch.continueRequest', { requestId });
      return;
    }
    const response = await handler(
      new Request(details.url, {
        method: request.method,
        headers: request.headers,
        ...bodyOf(request),
      }),
    );
    await this.#fulfil(requestId, details, response);
  }

  async #fulfil(requestId: string, details: RequestDetails, response: Response): Promise<void> {
    const { session, schemes } = this.#parts;
    if (response.type === 'error') return this.#abort(requestId, 'Failed');
    const given = gather([...response.headers].map(([name, value]) => ({ name, value })));
    const headers = await this.#askHeaders(details, response.status, given);
    if (headers === 'cancel') return this.#abort(requestId, 'BlockedByClient');
    const responseHeaders = spread(headers).map(({ name, value }) => ({
      name,
      value: name.toLowerCase().startsWith('content-security-policy')
        ? schemes.policyToWire(value)
        : value,
    }));
    const body = Buffer.from(await response.arrayBuffer()).toString('base64');
    await session.send('Fetch.fulfillRequest', {
      requestId,
      responseCode: response.status,
      responseHeaders,
      body,
    });
  }

  async #onResponse(paused: Paused): Promise<void> {
    const { session, webRequest } = this.#parts;
    const { requestId, responseStatusCode } = paused;
    if (responseStatusCode === undefined || !webRequest.headers.isUsed) {
      await session.send('Fetch.continueRequest', { requestId });
      return;
    }
    const headers = await this.#askHeaders(
      this.#details(paused),
      responseStatusCode,
      gather(paused.responseHeaders ?? []),
    );
    if (headers === 'cancel') return this.#abort(requestId, 'BlockedByClient');
    await session.send('Fetch.continueResponse', {
      requestId,
      responseCode: responseStatusCode,
      responseHeaders: spread(headers),
    });
  }

  async #askHeaders(
    details: RequestDetails,
    statusCode: number,
    responseHeaders: Headers,
  ): Promise<HeadersAnswer['responseHeaders'] | 'cancel'> {
    const asked: HeadersDetails = {
      ...details,
      statusCode,
      statusLine: `HTTP/1.1 ${statusCode}`,
      responseHeaders,
    };
    const answer = await this.#parts.webRequest.headers.ask(asked);
    return answer?.cancel === true ? 'cancel' : (answer?.responseHeaders ?? responseHeaders);
  }

  async #abort(
    requestId: string,
    errorReason: Protocol.Network.ErrorReason = 'Aborted',
  ): Promise<void> {
    await this.#parts.session.send('Fetch.failRequest', { requestId, errorReason });
  }
}

function bodyOf(request: Protocol.Network.Request): { readonly body?: Uint8Array<ArrayBuffer> } {
  const parts = request.postDataEntries?.map(({ bytes }) => Buffer.from(bytes ?? '', 'base64'));
  return parts === undefined ? {} : { body: new Uint8Array(Buffer.concat(parts)) };
}
