/**
 * One POST over a line of its own whose other end has been proved, with the answer handed on as it comes. What follows on a cut line
 * or a refusal is the caller's to decide.
 */
import { request as httpRequest, type ClientRequest } from 'node:http';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { Clock, DialFault, RelayTarget, SocketEvents } from '../ports.ts';
import { openLine } from './secure-line.ts';

export interface PostParts {
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
  readonly onTraffic?: SocketEvents['onTraffic'];
  /** Once, unless it was cancelled. With a fault when the line failed before the answer was whole. */
  readonly onEnd: (fault: DialFault | undefined) => void;
}

/** @returns what ends it unheard */
export function post(parts: PostParts): () => void {
  const { target, clock, path, token, type, accept, body } = parts;
  let isOver = false;
  let request: ClientRequest | undefined;
  const drop = (): void => {
    isOver = true;
    cancel();
    request?.destroy();
  };
  const end = (fault: DialFault | undefined): void => {
    if (isOver) return;
    drop();
    parts.onEnd(fault);
  };
  let cancel: () => void = () => undefined;
  const within = (ms: number): void => {
    cancel();
    cancel = clock.after(ms, () => end({ kind: 'unreachable' }));
  };
  within(parts.answerMs);

  void openLine(target, clock, parts.onTraffic).then((line) => {
    if (isOver) return line.ok ? void line.value.destroy() : undefined;
    if (!line.ok) return end(line.error);
    const socket = line.value;
    const payload = Buffer.from(body, 'utf8');
    request = httpRequest({
      createConnection: () => socket,
      method: 'POST',
      path,
      headers: {
        host: target.address,
        authorization: `Bearer ${token}`,
        accept,
        connection: 'close',
        'content-type': type,
        'content-length': payload.byteLength,
      },
    });
    request.on('error', (error: NodeJS.ErrnoException) =>
      end({ kind: error.code?.startsWith('HPE_') === true ? 'not-a-relay' : 'unreachable' }),
    );
    request.on('response', (response) => {
      if (isOver) return;
      within(DEFAULT_LIMITS.clientSilenceMs);
      const seconds = Number(response.headers['retry-after'] ?? Number.NaN);
      parts.onHead(response.statusCode ?? 0, response.headers['content-type'] ?? '', Number.isFinite(seconds) ? seconds * 1_000 : null);
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (isOver) return;
        within(DEFAULT_LIMITS.clientSilenceMs);
        parts.onText(chunk);
      });
      response.on('error', () => end({ kind: 'unreachable' }));
      response.on('close', () => end(response.complete ? undefined : { kind: 'unreachable' }));
    });
    request.end(payload);
    return undefined;
  });
  return drop;
}
