/**
 * One POST over a kept connection, with the answer handed on as it comes. A relay may end a kept connection at the moment in which it is
 * used again: then, and before a byte of the answer, it is said once more over another. Whatever goes by POST may be said twice. What
 * follows on a cut line or a refusal is the caller's to decide.
 */
import { request as httpRequest, type ClientRequest } from 'node:http';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { Clock, DialFault, RelayTarget } from '../ports.ts';
import { NoLine, type KeptLines } from './kept-lines.ts';
import { retryAfterMs } from './retry-after.ts';

export interface PostParts {
  readonly lines: KeptLines;
  readonly target: RelayTarget;
  readonly clock: Clock;
  readonly path: string;
  readonly token: string;
  readonly type: string;
  readonly accept: string;
  readonly body: string;
  /** The answer has to begin within this. Once begun it may pause for `clientSilenceMs`: a relay sends a beat more often. */
  readonly answerMs: number;
  /** @param retryAfterMs  what the answer asks for, where it does */
  readonly onHead: (status: number, type: string, retryAfterMs: number | null) => void;
  readonly onText: (chunk: string) => void;
  /** Once, unless it was cancelled. With a fault when the line failed before the answer was whole. */
  readonly onEnd: (fault: DialFault | undefined) => void;
}

/** @returns what ends it unheard */
export function post(parts: PostParts): () => void {
  const { clock } = parts;
  let isOver = false;
  let request: ClientRequest | undefined;
  let cancel: () => void = () => undefined;
  const drop = (): void => {
    isOver = true;
    cancel();
    request?.destroy();
  };
  const end = (fault: DialFault | undefined): void => {
    if (isOver) return;
    isOver = true;
    cancel();
    // A connection whose answer was whole serves the next request.
    if (fault) request?.destroy();
    parts.onEnd(fault);
  };
  const within = (ms: number): void => {
    cancel();
    cancel = clock.after(ms, () => end({ kind: 'unreachable' }));
  };
  const ask = (): void => {
    let isAnswered = false;
    const asking = requestOf(parts);
    request = asking;
    asking.on('error', (error: NodeJS.ErrnoException) => {
      if (isOver) return;
      if (asking.reusedSocket && !isAnswered && isStale(error)) ask();
      else end(faultOf(error));
    });
    asking.on('response', (response) => {
      if (isOver) return;
      isAnswered = true;
      within(DEFAULT_LIMITS.clientSilenceMs);
      parts.onHead(
        response.statusCode ?? 0,
        response.headers['content-type'] ?? '',
        retryAfterMs(response),
      );
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (isOver) return;
        within(DEFAULT_LIMITS.clientSilenceMs);
        parts.onText(chunk);
      });
      response.on('error', () => end({ kind: 'unreachable' }));
      response.on('close', () => end(response.complete ? undefined : { kind: 'unreachable' }));
    });
    asking.end(parts.body);
  };
  within(parts.answerMs);
  ask();
  return drop;
}

function requestOf({ lines, target, path, token, type, accept, body }: PostParts): ClientRequest {
  return httpRequest({
    agent: lines,
    method: 'POST',
    path,
    headers: {
      host: target.address,
      authorization: `Bearer ${token}`,
      accept,
      'content-type': type,
      'content-length': Buffer.byteLength(body),
    },
  });
}

/** The other side had ended the connection before it saw the request. */
const isStale = ({ code }: NodeJS.ErrnoException): boolean =>
  code === 'ECONNRESET' || code === 'EPIPE';

function faultOf(error: NodeJS.ErrnoException): DialFault {
  if (error instanceof NoLine) return error.fault;
  return { kind: error.code?.startsWith('HPE_') === true ? 'not-a-relay' : 'unreachable' };
}
