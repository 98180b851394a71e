/**
 * The paths of `protocol/http.ts` and what stands behind each. A handler gets a body that fits its schema and answers with a value or
 * a refusal; nothing here knows status codes or headers.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { z } from 'zod';
import { firstField } from '../../protocol/codec.ts';
import { EVENTS_PATH, FRAMES_PATH } from '../../protocol/doors.ts';
import { refuse, type Refusal } from '../../protocol/errors.ts';
import {
  HTTP,
  inviteRequest,
  joinRequest,
  refreshRequest,
  setupRequest,
  signInRequest,
  signOutRequest,
  type RelayInfo,
} from '../../protocol/http.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import { PROTOCOL_VERSIONS } from '../../protocol/version.ts';
import type { Accounts, From } from '../auth/accounts.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { refusalAnswer, type Answer } from './answers.ts';

export interface RoutesParts {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly log: Log;
  /** The relay is going down: nothing new is begun. */
  readonly isDraining: () => boolean;
  /** The other relays of this team cannot be heard at once, or asked about limits; a relay alone has none. */
  readonly isDegraded?: () => boolean;
}

export interface RouteTools {
  readonly send: (reply: FastifyReply, answer: Answer) => Promise<void>;
  readonly addressOf: (request: IncomingMessage) => string;
}

const METHODS: Readonly<Record<string, string>> = {
  [HTTP.relay]: 'GET',
  [HTTP.health]: 'GET',
  [HTTP.ready]: 'GET',
  [HTTP.setup]: 'POST',
  [HTTP.invite]: 'POST',
  [HTTP.join]: 'POST',
  [HTTP.signIn]: 'POST',
  [HTTP.refresh]: 'POST',
  [HTTP.signOut]: 'POST',
  [FRAMES_PATH]: 'POST',
  [EVENTS_PATH]: 'POST',
};

/** For `405`: what a path answers to, or nothing when there is no such path. */
export const allowedMethods = (path: string): string | undefined =>
  Object.hasOwn(METHODS, path) ? METHODS[path] : undefined;

export function addRoutes(
  app: FastifyInstance,
  { store, accounts, sessions, log, isDraining, isDegraded }: RoutesParts,
  tools: RouteTools,
): void {
  const { send, addressOf } = tools;

  const post = <S extends z.ZodType>(
    path: string,
    schema: S,
    handle: (body: z.output<S>, from: From) => Promise<Result<unknown, Refusal>>,
  ) =>
    app.post(path, async (request, reply) => {
      if (isDraining())
        return send(reply, refusalAnswer(refuse('unavailable', { retryAfterMs: 2_000 })));
      const body = parse(schema, request.body);
      if (!body.ok) return send(reply, refusalAnswer(body.error));
      const result = await handle(body.value, { address: addressOf(request.raw) });
      if (!result.ok) return send(reply, refusalAnswer(result.error));
      return reply.send(result.value ?? {});
    });

  post(HTTP.setup, setupRequest, (body, from) => accounts.setup(body, from));
  post(HTTP.invite, inviteRequest, ({ code }, from) => accounts.lookAtInvite(code, from));
  post(HTTP.join, joinRequest, (body, from) => accounts.join(body, from));
  post(HTTP.signIn, signInRequest, (body, from) => accounts.signIn(body, from));
  post(HTTP.refresh, refreshRequest, async ({ refresh }) => {
    const refreshed = await sessions.refresh(refresh);
    if (!refreshed.ok) return refreshed;
    const { member, session, tokens } = refreshed.value;
    return ok({ member, session, tokens });
  });
  post(HTTP.signOut, signOutRequest, async ({ refresh }) => {
    const isOurs = await sessions.endByRefresh(refresh);
    return isOurs ? ok(null) : fail(refuse('wrong-credentials'));
  });

  app.get(HTTP.relay, async (): Promise<RelayInfo> => {
    const team = await store.team();
    return {
      product: 'landline',
      versions: PROTOCOL_VERSIONS,
      team: team ? { id: team.id, name: team.name } : null,
    };
  });
  app.get(HTTP.health, async () => ({ isAlive: true }));
  app.get(HTTP.ready, async (_request, reply) => {
    const isReady = !isDraining() && (await answers(store, log));
    // Degraded is ready: members are served, word between relays takes seconds, and each counts limits alone.
    return reply
      .code(isReady ? 200 : 503)
      .send({ isReady, ...(isDegraded?.() === true ? { isDegraded: true } : {}) });
  });
}

function parse<S extends z.ZodType>(schema: S, body: unknown): Result<z.output<S>, Refusal> {
  // JSON can say `__proto__` as a key of its own; no schema of ours does.
  if (typeof body === 'object' && body !== null && Object.hasOwn(body, '__proto__')) {
    return fail(refuse('bad-request', { field: '__proto__' }));
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return ok(parsed.data);
  const field = firstField(parsed.error);
  return fail(refuse('bad-request', field === '' ? {} : { field }));
}

async function answers(store: Store, log: Log): Promise<boolean> {
  try {
    await store.team();
    return true;
  } catch (error) {
    log.error('store-does-not-answer', {}, error);
    return false;
  }
}
