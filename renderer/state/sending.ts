/**
 * Texts between Enter and the disk. Each leaves its field at once, is drawn at once, and goes to
 * the core at once, in order. A text that the core cannot store goes back into its field; those
 * typed after it go back with it, so nothing overtakes. The core knows each by the id given here,
 * so none is stored twice.
 */
import type { Problem } from '../../electron/bridge/commands.ts';
import type { TimelineView } from '../../electron/bridge/views.ts';
import type { Clock } from './clock.ts';
import type { Commands } from './commands.ts';
import type { DraftPlace, Drafts } from './drafts.ts';
import { newMessageId } from './new-message-id.ts';
import { setUi, type SendingText, type WindowStore } from './store.ts';

export interface SendingParts {
  readonly store: WindowStore;
  readonly commands: Pick<Commands, 'call' | 'say'>;
  readonly drafts: Drafts;
  readonly clock: Clock;
}

export interface Sending {
  /** Resolves when the text is on disk, or back in its field. */
  post(place: Omit<DraftPlace, 'message'>, text: string): Promise<void>;
  edit(
    place: DraftPlace & { readonly message: string },
    text: string,
    original: string,
  ): Promise<void>;
}

/** The core draws a stored text within one batch; after this time it has other reasons not to. */
const DRAWN_WITHIN_MS = 1_000;

interface Post extends SendingText {
  problem: Problem | null;
  isAnswered: boolean;
}

export function createSending({ store, commands, drafts, clock }: SendingParts): Sending {
  /** By place: the posts since the last moment when all were answered. */
  const posts = new Map<string, Post[]>();
  const stored = new Set<SendingText>();

  const add = (text: SendingText): void =>
    setUi(store, (ui) => ({ sending: [...ui.sending, text], givenBack: null }));
  const remove = (...texts: readonly SendingText[]): void => {
    for (const text of texts) stored.delete(text);
    setUi(store, (ui) => ({ sending: ui.sending.filter((one) => !texts.includes(one)) }));
  };

  /** It stays until the timeline has it too: without it and with it twice, the list would jump. */
  const wasStored = (text: SendingText): void => {
    stored.add(text);
    clock.after(DRAWN_WITHIN_MS, () => remove(text));
    sweep();
  };
  const sweep = (): void => {
    const timeline = store.getState().snapshot?.state.timeline ?? null;
    const drawn = [...stored].filter((text) => isDrawn(timeline, text));
    if (drawn.length > 0) remove(...drawn);
  };
  store.subscribe((model, before) => {
    if (stored.size > 0 && model.snapshot !== before.snapshot) sweep();
  });

  const isOnScreen = (team: string, channel: string): boolean => {
    const { ui } = store.getState();
    return ui.team === team && ui.channels[team] === channel && ui.welcome === null;
  };

  const call = async (
    command: () => Promise<{ readonly ok: boolean; readonly error?: Problem }>,
  ): Promise<Problem | null> => {
    try {
      const answer = await command();
      return answer.ok ? null : (answer.error ?? { kind: 'internal' });
    } catch {
      // The host went away in the middle of the call.
      return { kind: 'unavailable' };
    }
  };

  /** When all of a place are answered, what was refused goes back as one text, in order. */
  const settle = (place: string, { team, channel }: SendingText): void => {
    const all = posts.get(place) ?? [];
    if (!all.every((post) => post.isAnswered)) return;
    posts.delete(place);
    const refused = all.filter((post) => post.problem !== null);
    const problem = refused[0]?.problem;
    if (!problem) return;
    remove(...refused);
    drafts.giveBack({ team, channel, message: null }, refused.map(({ text }) => text).join('\n'));
    setUi(store, { givenBack: { team, channel, problem } });
    if (!isOnScreen(team, channel)) commands.say({ kind: 'given-back', team, channel });
  };

  return {
    async post({ team, channel }, text) {
      const place = `${team}/${channel}`;
      const before = posts.get(place) ?? [];
      const after = before.findLast((post) => !post.isAnswered || post.problem !== null)?.message;
      const at = clock.now();
      const message = newMessageId(at);
      const post: Post = {
        kind: 'post',
        message,
        team,
        channel,
        text,
        at,
        problem: null,
        isAnswered: false,
      };
      posts.set(place, [...before, post]);
      drafts.take({ team, channel, message: null });
      add(post);
      post.problem = await call(() =>
        commands.call('message.send', {
          team,
          channel,
          text,
          message,
          ...(after === undefined ? {} : { after }),
        }),
      );
      post.isAnswered = true;
      if (post.problem === null) wasStored(post);
      settle(place, post);
    },

    async edit(place, text, original) {
      const { team, channel, message } = place;
      const edit: SendingText = { kind: 'edit', message, team, channel, text, at: clock.now() };
      drafts.take(place);
      add(edit);
      const problem = await call(() =>
        commands.call('message.edit', { team, channel, message, text }),
      );
      if (problem === null) return wasStored(edit);
      remove(edit);
      drafts.giveBack(place, text, original);
      commands.say({ kind: 'problem', problem });
      if (isOnScreen(team, channel) && store.getState().ui.editing === null)
        setUi(store, { editing: message });
    },
  };
}

/** The timeline shows the text itself, or is not one in which it would be drawn. */
export function isDrawn(timeline: TimelineView | null, text: SendingText): boolean {
  if (timeline?.team !== text.team || timeline.channel !== text.channel) return true;
  const row = timeline.rows.find((one) => one.key === text.message);
  if (text.kind === 'post') return row !== undefined || timeline.hasNewer;
  return row?.type !== 'message' || row.isDeleted || row.text === text.text;
}
