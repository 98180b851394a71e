/**
 * What page and host say to each other over the loopback WebSocket: JSON, one frame a message. Up: calls, and what only the page
 * can know (focus, input, what became of a toast). Down: answers, batches, and what only the page can do.
 */
import { z } from 'zod';
import type { CommandName, CommandResult } from '../bridge/commands.ts';
import type { Batch } from '../bridge/events.ts';
import type { Toast } from '../core/ports.ts';

/** The WebSocket subprotocol; beside it the page names its ticket or its secret, so that neither is ever in a URL. */
export const SUBPROTOCOL = 'landline.bridge.1';
export const TICKET_PREFIX = 'ticket.';
export const SECRET_PREFIX = 'secret.';
/** The tab says who it is, so that a call sent again after a cut is not done again. */
export const TAB_PREFIX = 'tab.';

/** Closing with this: the ticket was used before, or the host was started anew. Coming back with it is useless. */
export const CLOSE_STRANGER = 4401;

const callNumber = z.number().int().nonnegative();

export const frameUp = z.discriminatedUnion('t', [
  /** Any name and any input: a bad one is answered. `settled`: every call with a lower number has its answer; the host may forget those. */
  z.strictObject({
    t: z.literal('call'),
    id: callNumber,
    settled: callNumber,
    name: z.unknown().optional(),
    input: z.unknown().optional(),
  }),
  z.strictObject({ t: z.literal('focus'), isFocused: z.boolean() }),
  /** The page is being left: nobody looks at it any more. */
  z.strictObject({ t: z.literal('bye') }),
  /** Somebody moved or typed; at most every few seconds. */
  z.strictObject({ t: z.literal('input') }),
  z.strictObject({
    t: z.literal('toast-outcome'),
    id: callNumber,
    outcome: z.enum(['shown', 'failed', 'unsupported']),
  }),
  z.strictObject({ t: z.literal('toast-click'), tag: z.string().max(400) }),
]);
export type FrameUp = z.infer<typeof frameUp>;

export type FrameDown =
  | { readonly t: 'welcome'; readonly secret: string }
  | { readonly t: 'answer'; readonly id: number; readonly result: CommandResult<CommandName> }
  | { readonly t: 'batch'; readonly batch: Batch }
  | {
      readonly t: 'toast';
      readonly id: number;
      readonly toast: Pick<Toast, 'tag' | 'title' | 'body' | 'isSilent'>;
    }
  | { readonly t: 'untoast'; readonly tag: string }
  | { readonly t: 'clipboard'; readonly text: string }
  | { readonly t: 'link'; readonly url: string }
  | { readonly t: 'badge'; readonly count: number; readonly hasUnread: boolean };
