/**
 * Carries out one mutation: finds its use case, runs it inside one `store.write`, and turns a store that cannot write into a refusal
 * that may be retried. Calls of one client reach the store in the order in which they are made here.
 */
import type { Refusal } from '../../protocol/errors.ts';
import { refuse } from '../../protocol/errors.ts';
import type { Mutation } from '../../protocol/frames-up.ts';
import { feedName, type ChannelId, type MemberId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { assertNever, fail, ok, type Result } from '../../protocol/result.ts';
import type { Clock } from '../ports/clock.ts';
import { StoreUnavailable, type Store } from '../ports/store.ts';
import { addMember, join, leave, removeMember } from './channel-members.ts';
import { archive, changeChannel, createChannel, openDirect } from './channels.ts';
import { echo } from './echo.ts';
import { changeProfile, changeTeam, setActive, setRole } from './members.ts';
import { deleteMessage, edit, post } from './messages.ts';
import type { Done, Outcome, Situation } from './outcome.ts';
import { markRead, setLevel } from './read-marks.ts';

export interface MutateParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly limits: Limits;
}

export interface Acknowledged extends Done {
  /** Set where the client cannot know it: the channel that was made, or was there already. */
  readonly channel?: ChannelId;
}

/** How long a client should wait before it offers the store the same again. */
const STORE_RETRY_MS = 1_000;

/** No async function of its own: thousands wait here at once, and each would keep its frame until the commit. */
export function mutate(
  { store, clock, limits }: MutateParts,
  by: MemberId,
  ask: Mutation,
): Promise<Result<Acknowledged, Refusal>> {
  const outcome = store.write((tx) => perform({ tx, by, limits, now: clock.now() }, ask));
  return outcome.then(
    ask.t === 'create-channel' || ask.t === 'open-direct' ? named : undefined,
    refusedByStore,
  );
}

/** @throws what is no fault of the store */
function refusedByStore(error: unknown): Result<Acknowledged, Refusal> {
  if (error instanceof StoreUnavailable)
    return fail(refuse('unavailable', { retryAfterMs: STORE_RETRY_MS }));
  throw error;
}

function named(outcome: Outcome): Result<Acknowledged, Refusal> {
  if (!outcome.ok) return outcome;
  const name = feedName(outcome.value.feed);
  return name.kind === 'channel' ? ok({ ...outcome.value, channel: name.channel }) : outcome;
}

function perform(situation: Situation, ask: Mutation): Promise<Outcome> {
  switch (ask.t) {
    case 'post':
      return post(situation, ask);
    case 'edit':
      return edit(situation, ask);
    case 'delete':
      return deleteMessage(situation, ask);
    case 'read':
      return markRead(situation, ask);
    case 'level':
      return setLevel(situation, ask);
    case 'create-channel':
      return createChannel(situation, ask);
    case 'open-direct':
      return openDirect(situation, ask);
    case 'change-channel':
      return changeChannel(situation, ask);
    case 'archive':
      return archive(situation, ask);
    case 'join':
      return join(situation, ask);
    case 'leave':
      return leave(situation, ask);
    case 'add-member':
      return addMember(situation, ask);
    case 'remove-member':
      return removeMember(situation, ask);
    case 'change-profile':
      return changeProfile(situation, ask);
    case 'set-role':
      return setRole(situation, ask);
    case 'set-active':
      return setActive(situation, ask);
    case 'change-team':
      return changeTeam(situation, ask);
    case 'echo':
      return echo(situation, ask);
    default:
      return assertNever(ask);
  }
}
