/** What a channel's feed amounts to, folded in the plainest way: the yardstick for every cache and every window. */
import type { FeedEvent } from '../../protocol/feeds.ts';

export interface ReferenceMessage {
  readonly id: string;
  readonly seq: number;
  readonly author: string;
  readonly at: number;
  readonly text: string;
  readonly editSeq: number;
  readonly editedAt: number | null;
  readonly isDeleted: boolean;
}

export interface Reference {
  readonly messages: ReadonlyMap<string, ReferenceMessage>;
  /** Sequence numbers of the events that are drawn: messages and notes. */
  readonly drawn: readonly number[];
}

const DRAWN: ReadonlySet<string> = new Set([
  'posted',
  'created',
  'joined',
  'left',
  'changed',
  'archived',
]);

export function foldChannel(events: readonly FeedEvent[]): Reference {
  const messages = new Map<string, ReferenceMessage>();
  const drawn: number[] = [];
  for (const event of events) {
    if (DRAWN.has(event.kind) || (event.kind === 'redacted' && event.was === 'posted'))
      drawn.push(event.seq);
    if (event.kind === 'posted') {
      const { id, seq, at, by, text, edited } = event;
      messages.set(id, {
        id,
        seq,
        author: by,
        at,
        text,
        editSeq: edited?.seq ?? 0,
        editedAt: edited?.at ?? null,
        isDeleted: false,
      });
    } else if (event.kind === 'redacted' && event.was === 'posted') {
      const { id, seq, at, by } = event;
      messages.set(id, {
        id,
        seq,
        author: by,
        at,
        text: '',
        editSeq: seq,
        editedAt: null,
        isDeleted: true,
      });
    } else if (event.kind === 'edited' || event.kind === 'deleted') {
      const message = messages.get(event.id);
      if (!message || message.isDeleted) continue;
      if (event.kind === 'deleted')
        messages.set(event.id, { ...message, text: '', editedAt: null, isDeleted: true });
      else if (event.seq > message.editSeq) {
        messages.set(event.id, {
          ...message,
          text: event.text,
          editSeq: event.seq,
          editedAt: event.at,
        });
      }
    }
  }
  return { messages, drawn };
}
