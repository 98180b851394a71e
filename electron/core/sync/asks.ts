/**
 * Questions to the relay and changes that are made at once or not at all. Each is answered exactly once: by the relay,
 * by `offline` when the line goes, or by `unavailable` when no answer comes. What must survive a lost line goes through
 * the outbox instead.
 */
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { Down, DownFrame } from '../../../protocol/frames-down.ts';
import type { Mutation, Question, UpFrame } from '../../../protocol/frames-up.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { Problem } from '../../bridge/commands.ts';
import type { Clock } from '../ports.ts';
import { ofRefusal } from '../problems.ts';

/** A question without its number, which is given here. */
export type Unnumbered<T> = T extends { readonly req: number } ? Omit<T, 'req'> : never;

/** The frame that answers each question. */
export interface AnswerTo {
  readonly range: 'page';
  readonly roster: 'roster';
  readonly 'get-team': 'team-state';
  readonly 'get-member': 'member-state';
  readonly sessions: 'sessions';
  readonly 'end-session': 'done';
  readonly 'create-invite': 'invite';
  readonly invites: 'invites';
  readonly 'end-invite': 'done';
  readonly refresh: 'tokens';
  readonly 'change-password': 'done';
  readonly usage: 'usage';
  readonly missing: 'missing';
  readonly 'count-unread': 'unread';
}

type Answer<Q extends { readonly t: keyof AnswerTo }> = Down<AnswerTo[Q['t']]>;

export interface AsksParts {
  readonly clock: Clock;
  readonly send: (frame: UpFrame) => boolean;
}

export interface Asks {
  ask<Q extends Unnumbered<Question>>(question: Q): Promise<Result<Answer<Q>, Problem>>;
  change(mutation: Mutation): Promise<Result<Down<'ack'>, Problem>>;
  /** Gives an incoming frame to who waits for it; false when nobody does. */
  take(frame: DownFrame): boolean;
  /** No question waits for its answer. */
  readonly isIdle: boolean;
  /** The line is gone. */
  failAll(): void;
}

/** A busy relay may hash a password meanwhile. */
const ANSWER_MS = 2 * DEFAULT_LIMITS.clientAckMs;

interface Waiting {
  readonly settle: (result: Result<DownFrame, Problem>) => void;
}

export function createAsks({ clock, send }: AsksParts): Asks {
  const waiting = new Map<number | string, Waiting>();
  let lastReq = 0;

  const put = (key: number | string, frame: UpFrame): Promise<Result<DownFrame, Problem>> => {
    if (!send(frame)) return Promise.resolve(fail({ kind: 'offline' }));
    return new Promise((resolve) => {
      const cancel = clock.after(ANSWER_MS, () => settle(fail({ kind: 'unavailable' })));
      const settle = (result: Result<DownFrame, Problem>): void => {
        cancel();
        waiting.delete(key);
        resolve(result);
      };
      waiting.set(key, { settle });
    });
  };

  return {
    ask: async <Q extends Unnumbered<Question>>(question: Q) => {
      const req = ++lastReq;
      const answer = await put(req, { ...question, req });
      return answer as Result<Answer<Q>, Problem>;
    },
    change: async (mutation) => {
      const answer = await put(mutation.op, mutation);
      if (!answer.ok) return answer;
      return answer.value.t === 'ack' ? ok(answer.value) : fail({ kind: 'internal' });
    },
    take: (frame) => {
      const key = keyOf(frame);
      const found = key === undefined ? undefined : waiting.get(key);
      if (!found) return false;
      found.settle(frame.t === 'refused' ? fail(ofRefusal(frame.refusal)) : ok(frame));
      return true;
    },
    get isIdle() {
      return waiting.size === 0;
    },
    failAll: () => {
      for (const one of [...waiting.values()]) one.settle(fail({ kind: 'offline' }));
    },
  };
}

function keyOf(frame: DownFrame): number | string | undefined {
  if (frame.t === 'ack') return frame.op;
  if (frame.t === 'refused') return frame.req ?? frame.op;
  return 'req' in frame ? frame.req : undefined;
}
