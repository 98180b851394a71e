/**
 * What happened in a run, written down outside the programs under test: what people asked for, what the relay promised on the wire,
 * what it handed to whom, what was shown as a notification. The checks in `checks.ts` hold it against what is found in the end. A
 * history can be kept as a file of JSON lines and read back.
 */
import { decodeDown, decodeUp } from '../../protocol/codec.ts';
import type { FeedEvent } from '../../protocol/feeds.ts';
import type { Mutation } from '../../protocol/frames-up.ts';
import { isMutation } from '../../protocol/frames-up.ts';

export type Moment =
  /** A person is about to press Enter; whether the core took it in is not known if its process dies now. No two texts are alike. */
  | {
      readonly kind: 'tried';
      readonly member: string;
      readonly channel: string;
      readonly text: string;
    }
  /** A person pressed Enter and the core took the message in. */
  | {
      readonly kind: 'entered';
      readonly member: string;
      readonly computer: string;
      readonly channel: string;
      readonly message: string;
      readonly text: string;
    }
  /** A person asked for another text of an own message, and the core took that in. */
  | {
      readonly kind: 'revised';
      readonly member: string;
      readonly message: string;
      readonly text: string;
    }
  | { readonly kind: 'deleted'; readonly member: string; readonly message: string }
  /** A person took a message that was not sent out of the outbox. */
  | { readonly kind: 'discarded'; readonly member: string; readonly message: string }
  /** A change left a computer. */
  | { readonly kind: 'asked'; readonly member: string; readonly frame: Mutation }
  /** The relay said that the change is on its disk. */
  | {
      readonly kind: 'acked';
      readonly member: string;
      readonly op: string;
      readonly feed: string;
      readonly seq: number;
    }
  | {
      readonly kind: 'refused';
      readonly member: string;
      readonly op: string;
      readonly why: string;
      readonly isRetryable: boolean;
    }
  /** The relay handed an event to a computer. */
  | {
      readonly kind: 'told';
      readonly computer: string;
      readonly feed: string;
      readonly event: FeedEvent;
    }
  | { readonly kind: 'toast'; readonly computer: string; readonly message: string }
  /** A person wrote something and did not send it. */
  | {
      readonly kind: 'drafted';
      readonly computer: string;
      readonly channel: string;
      readonly text: string;
      readonly atMs: number;
    }
  | {
      readonly kind: 'killed';
      readonly computer: string;
      readonly atMs: number;
      readonly wasAsleep: boolean;
    }
  /** A desktop's files were damaged: changes and drafts (by channel) that stood there may be gone. */
  | {
      readonly kind: 'damaged';
      readonly computer: string;
      readonly ops: readonly string[];
      readonly channels: readonly string[];
    }
  /** The relay went back to a backup: what it said before holds no more. */
  | { readonly kind: 'restored' };

export type MomentOf<Kind extends Moment['kind']> = Extract<Moment, { readonly kind: Kind }>;

export interface History {
  readonly moments: readonly Moment[];
  add(moment: Moment): void;
  all<Kind extends Moment['kind']>(kind: Kind): readonly MomentOf<Kind>[];
  /** What happened since the relay last went back to a backup. */
  sinceRestore(): History;
  /** Writes down what a frame on the wire says. @param member  who sits at the computer */
  hear(
    frame: { readonly computer: string; readonly way: 'up' | 'down'; readonly text: string },
    member: string,
  ): void;
}

export function createHistory(moments: Moment[] = []): History {
  const add = (moment: Moment): void => void moments.push(moment);
  const history: History = {
    moments,
    add,
    all: <Kind extends Moment['kind']>(kind: Kind) =>
      moments.filter((moment): moment is MomentOf<Kind> => moment.kind === kind),
    sinceRestore() {
      const at = moments.findLastIndex(({ kind }) => kind === 'restored');
      return at < 0 ? history : createHistory(moments.slice(at + 1));
    },
    hear({ computer, way, text }, member) {
      if (way === 'up') {
        const decoded = decodeUp(text);
        if (decoded.ok && isMutation(decoded.value))
          add({ kind: 'asked', member, frame: decoded.value });
        return;
      }
      const frame = decodeDown(text);
      if (frame?.t === 'ack')
        add({ kind: 'acked', member, op: frame.op, feed: frame.feed, seq: frame.seq });
      else if (frame?.t === 'refused' && frame.op !== undefined) {
        add({
          kind: 'refused',
          member,
          op: frame.op,
          why: frame.refusal.kind,
          isRetryable: frame.refusal.retryable,
        });
      } else if (frame?.t === 'events' || frame?.t === 'page') {
        for (const event of frame.events) add({ kind: 'told', computer, feed: frame.feed, event });
      }
    },
  };
  return history;
}

export const writeHistory = ({ moments }: History): string =>
  moments.map((moment) => `${JSON.stringify(moment)}\n`).join('');

export function readHistory(text: string): History {
  const lines = text.split('\n').filter((line) => line !== '');
  return createHistory(lines.map((line) => JSON.parse(line) as Moment));
}
