/**
 * The other doors: the same frames and positions where a WebSocket cannot pass. What a client says goes as `POST /v1/frames`, a few
 * frames to a request, one a line, and is answered by the frames that answer them, one a line. What a client hears comes by
 * `POST /v1/events`: as a stream of server-sent events, or as lines, at once or when there is something, after `waitMs` at the latest.
 * No door keeps anything between two requests, so any relay of a cluster can answer any of them: the client says its positions each time.
 */
import { z } from 'zod';
import { isHeldEvent, type HeldEvent } from './feeds.ts';
import { hello } from './frames-up.ts';
import { feedId } from './ids.ts';
import { DEFAULT_LIMITS } from './limits.ts';

export const DOORS = ['socket', 'stream', 'long-poll', 'poll'] as const;
export type Door = (typeof DOORS)[number];

export const FRAMES_PATH = '/v1/frames';
export const EVENTS_PATH = '/v1/events';
export const LINES_TYPE = 'application/x-ndjson';
export const STREAM_TYPE = 'text/event-stream';

/** POST events. With `Accept: text/event-stream` the answer is a stream, else lines. */
export const eventsRequest = z.strictObject({
  hello,
  /** Positions that found no room in `hello`, without proofs. */
  more: z
    .record(feedId, z.custom<HeldEvent>(isHeldEvent))
    .refine((positions) => Object.keys(positions).length <= DEFAULT_LIMITS.doorPositions)
    .optional(),
  /** The client was welcomed before and goes on from what it heard: no new `welcome`, unless its positions are none of this store. */
  isGoingOn: z.boolean(),
  /** How long an answer may wait for something to tell. */
  waitMs: z.number().int().min(0).max(DEFAULT_LIMITS.doorWaitMs),
  /** SHA-256, in hex, of the last line that told a poll who is there: it is told again only when it is another one. */
  seenPresence: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});
export type EventsRequest = Readonly<z.infer<typeof eventsRequest>>;

/** The last line of an answer or stream that the relay ended: what a socket would have been closed with (`close-codes.ts`). */
export const closedLine = z.object({ t: z.literal('closed'), code: z.number().int() });

export const encodeClosed = (code: number): string => JSON.stringify({ t: 'closed', code });

/** The code of a closing line; undefined when it is any other. */
export function closedCode(line: string): number | undefined {
  if (!line.startsWith('{"t":"closed"')) return undefined;
  try {
    return closedLine.safeParse(JSON.parse(line)).data?.code;
  } catch {
    return undefined;
  }
}

/** Frames hold no line breaks: JSON escapes them. */
export const joinLines = (frames: readonly string[]): string =>
  frames.map((frame) => `${frame}\n`).join('');
export const splitLines = (text: string): string[] =>
  text.split('\n').filter((line) => line.length > 0);

/** One frame as a server-sent event. */
export const encodeEvent = (frame: string): string => `data: ${frame}\n\n`;

/** A sign of life in a stream, which is no frame. One opens it. */
export const encodeSign = (): string => ': \n\n';

/** Reads the frames of a stream, whatever pieces it comes in. @param most  characters that one event may have */
export class EventReader {
  readonly #most: number;
  #rest = '';

  constructor(most: number) {
    this.#most = most;
  }

  /** The frames that `chunk` completes; undefined when an event is too long to be one of ours. */
  take(chunk: string): readonly string[] | undefined {
    const parts = (this.#rest + chunk).split('\n');
    this.#rest = parts.pop() ?? '';
    if (this.#rest.length > this.#most) return undefined;
    return parts
      .filter((line) => line.startsWith('data: '))
      .map((line) => line.slice('data: '.length));
  }
}
