/** The text of events as stores keep it and as it travels: when it is appended, after an edit, after a deletion. */
import type { EventDraft } from '../ports/store.ts';

/** `by` and `kind` need no escaping: one is an id, the other a word of ours. */
export function eventJson(seq: number, at: number, draft: EventDraft): string {
  const body = JSON.stringify(draft.body);
  const start = `{"seq":${seq},"at":${at},"by":"${draft.by}","kind":"${draft.kind}"`;
  return body === '{}' ? `${start}}` : `${start},${body.slice(1)}`;
}

/** @returns the `posted` event with its new text, and the text that this replaces */
export function editedJson(
  posted: string,
  revision: { readonly text: string; readonly seq: number; readonly at: number },
): { readonly json: string; readonly before: string } {
  const event = JSON.parse(posted) as { readonly kind: string; readonly text: string };
  if (event.kind !== 'posted') throw new Error('a deleted message cannot be revised');
  const edited = { seq: revision.seq, at: revision.at };
  return { json: JSON.stringify({ ...event, text: revision.text, edited }), before: event.text };
}

/** @param was  the kind of the event whose words are taken away */
export function redactedJson(json: string, message: string, was: string): string {
  const event = JSON.parse(json) as {
    readonly seq: number;
    readonly at: number;
    readonly by: string;
  };
  return JSON.stringify({
    seq: event.seq,
    at: event.at,
    by: event.by,
    kind: 'redacted',
    id: message,
    was,
  });
}

/** What is known of an event that has the operation id of a draft. */
export interface KnownEvent {
  readonly seq: number;
  readonly at: number;
  readonly asked: string | null;
  readonly json: string;
}

/**
 * Whether it says what the draft says; `edited` where that depends on the text that the message had at first, which another table
 * keeps. Deleted content always agrees.
 */
export function isSameContent(known: KnownEvent, draft: EventDraft): boolean | 'edited' {
  if (known.asked !== null || draft.asked !== undefined)
    return known.asked === (draft.asked ?? null);
  if (known.json === eventJson(known.seq, known.at, draft)) return true;
  const now = JSON.parse(known.json) as { readonly kind: string; readonly edited?: unknown };
  if (now.kind === 'redacted') return true;
  return now.edited !== undefined && now.kind === draft.kind ? 'edited' : false;
}
