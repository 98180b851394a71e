/**
 * Carries the policy out: decides about each new message inside the transaction that stores it, keeps the decision for
 * *Why?*, and afterwards shows, updates and takes back notifications. What was missed while away comes as one
 * notification per channel; more than three in ten seconds become one that counts.
 */
import type { Settings } from '../../bridge/views.ts';
import { background } from '../background.ts';
import type { Cache } from '../cache/data.ts';
import type { CachedMessage } from '../cache/message-rows.ts';
import type { CachedDecision, Outcome } from '../cache/team-rows.ts';
import type { Clock, Host, Log, Notifier, Toast } from '../ports.ts';
import { CALLS } from '../../../protocol/mentions.ts';
import {
  isConversation,
  levelOf,
  readSeqOf,
  type ChannelState,
  type Replica,
} from '../sync/replica.ts';
import type { Attention } from './attention.ts';
import { BURST, decide, type Decision } from './policy.ts';
import { quietNow } from './quiet.ts';
import { wordingFor } from './wording.ts';

export interface HeraldParts {
  readonly clock: Clock;
  readonly notifier: Notifier;
  readonly host: Host;
  readonly attention: Attention;
  readonly settings: () => Settings;
  readonly log: Log;
  /** The system did not show it. */
  readonly onFailed: () => void;
}

/** Where the news is from. */
export interface Scene {
  readonly replica: Replica;
  readonly cache: Cache;
  readonly isDoNotDisturb: boolean;
}

export interface Herald {
  /** Inside the transaction that stores them: messages of one channel that are new here, in their order. */
  consider(scene: Scene, channel: ChannelState, messages: readonly CachedMessage[]): void;
  /** After the transaction: shows what was decided. */
  release(scene: Scene): void;
  /** The channel was read this far: what was shown of it goes. */
  read(team: string, channel: ChannelState): void;
  deleted(team: string, channel: string, message: string): void;
  forgetTeam(team: string): void;
}

/** What may differ between two messages of one channel at one moment. */
interface Traits {
  readonly isOwn: boolean;
  readonly isReadElsewhere: boolean;
  /** Bits of `CALLS`. */
  readonly calls: number;
  /** It has a keyword in it. */
  readonly isKeyword: boolean;
}

interface Shown {
  readonly lastSeq: number;
  readonly messages: readonly string[];
}

interface Burst {
  readonly times: readonly number[];
  readonly count: number;
}

const CLIP = 240;

export const toastTag = (team: string, channel: string): string => `${team}/${channel}`;

export function createHerald({
  clock,
  notifier,
  host,
  attention,
  settings,
  log,
  onFailed,
}: HeraldParts): Herald {
  /** tag → what waits to be shown. */
  const waiting = new Map<
    string,
    { readonly channel: string; readonly messages: readonly CachedMessage[] }
  >();
  const shown = new Map<string, Shown>();
  const bursts = new Map<string, Burst>();

  const burstOf = (tag: string): Burst => {
    const now = clock.monotonic();
    const burst = bursts.get(tag);
    const times = burst?.times.filter((at) => now - at < BURST.withinMs) ?? [];
    return times.length === 0 ? { times, count: 0 } : { times, count: burst?.count ?? 0 };
  };

  const toastOf = (
    { replica }: Scene,
    channel: ChannelState,
    messages: readonly CachedMessage[],
    count: number,
  ): Toast | undefined => {
    const last = messages.at(-1);
    if (!last) return undefined;
    const { notifications, language } = settings();
    const words = wordingFor(language, host.locale);
    const author = replica.members.get(last.author)?.name ?? '';
    const place = isConversation(channel) ? author : `#${channel.facts.name}`;
    const common = {
      tag: toastTag(replica.team.id, channel.id),
      route: { team: replica.team.id, channel: channel.id, message: last.id },
    };
    if (notifications.hideContent)
      return { ...common, title: words.newMessage, body: '', isSilent: count > 1 };
    if (count > 1)
      return {
        ...common,
        title: place,
        body: words.newMessages(count),
        isSilent: count > BURST.count + 1,
      };
    return {
      ...common,
      title: isConversation(channel) ? author : `${author} · ${place}`,
      body: clip(last.text),
      isSilent: false,
    };
  };

  const show = async (
    scene: Scene,
    toast: Toast,
    messages: readonly CachedMessage[],
  ): Promise<void> => {
    const answer = await notifier.show(toast);
    if (answer === 'shown') host.callAttention();
    else if (answer === 'failed') onFailed();
    if (answer === 'shown') return;
    for (const { id } of messages) scene.cache.teams.setOutcome(scene.replica.team.key, id, answer);
  };

  return {
    consider: ({ replica, cache, isDoNotDisturb }, channel, messages) => {
      const { notifications } = settings();
      const { key } = replica.team;
      const now = clock.now();
      const readSeq = readSeqOf(channel);
      const tag = toastTag(replica.team.id, channel.id);
      const queued = [...(waiting.get(tag)?.messages ?? [])];
      const recent = burstOf(tag).times.length;
      const isFocusModeOn = !notifications.isOn || host.isFocusModeOn();
      // What holds for all of them: the system and the clock are asked once, however many there are.
      const circumstances = {
        isOnScreen: attention.isOnScreen(replica.team.id, channel.id),
        isIdle: attention.isIdle(),
        // Nothing on the wire is urgent, muted apart from its level, or in a thread, yet.
        isUrgent: false,
        isUrgentAllowed: false,
        isFocusModeOn,
        quiet: isDoNotDisturb ? ('dnd' as const) : quietNow(notifications, now),
        isMuted: false,
        mentionsBreakMute: notifications.mentionsBreakMute,
        level: levelOf(channel),
        ignoreChannelMentions: notifications.ignoreChannelMentions,
        isConversation: isConversation(channel),
        isFollowedThread: false,
      };
      const decisionAbout = ({
        isOwn,
        isReadElsewhere,
        calls,
        isKeyword,
      }: Traits): CachedDecision => {
        const decision = decide({
          ...circumstances,
          isOwn,
          isReadElsewhere,
          callsMe: (calls & CALLS.me) !== 0,
          callsHere: (calls & CALLS.here) !== 0,
          callsChannel: (calls & CALLS.channel) !== 0,
          hasKeyword: isKeyword,
          recent: recent + queued.length,
        });
        const reason = decision.rule === 4 && !notifications.isOn ? 'off' : decision.reason;
        return { rule: decision.rule, reason, outcome: outcomeOf(decision), at: now };
      };
      // After a week away thousands come in a row about which there is nothing to tell apart: what was decided of one holds for all.
      let last:
        (Traits & { readonly queued: number; readonly decision: CachedDecision }) | undefined;
      const silent = new Map<CachedDecision, string[]>();
      for (const message of messages) {
        const isOwn = message.author === replica.team.me;
        const isReadElsewhere = message.seq <= readSeq;
        const { calls } = message;
        const isKeyword = hasKeyword(message.text, notifications.keywords);
        const isAsBefore =
          last?.isOwn === isOwn &&
          last.isReadElsewhere === isReadElsewhere &&
          last.calls === calls &&
          last.isKeyword === isKeyword &&
          last.queued === queued.length;
        if (last === undefined || !isAsBefore) {
          const traits = { isOwn, isReadElsewhere, calls, isKeyword };
          last = { ...traits, queued: queued.length, decision: decisionAbout(traits) };
        }
        const { decision } = last;
        if (decision.outcome === 'notified') {
          // One that comes again (the relay went back to a backup, the channel was left and joined anew) was told of when it first came.
          if (cache.teams.putDecision(key, message.id, decision)) queued.push(message);
          continue;
        }
        const alike = silent.get(decision);
        if (alike) alike.push(message.id);
        else silent.set(decision, [message.id]);
      }
      for (const [decision, ids] of silent) cache.teams.putDecisions(key, ids, decision);
      if (queued.length > 0) waiting.set(tag, { channel: channel.id, messages: queued });
    },

    release: (scene) => {
      const { id } = scene.replica.team;
      for (const [tag, { channel: channelId, messages }] of [...waiting]) {
        if (!tag.startsWith(`${id}/`)) continue;
        waiting.delete(tag);
        const channel = scene.replica.channels.get(channelId);
        // Read, deleted or left in the meantime.
        const unread = channel
          ? messages.filter((message) => message.seq > readSeqOf(channel))
          : [];
        if (!channel || unread.length === 0) continue;
        const burst = burstOf(tag);
        const count =
          burst.times.length + unread.length > BURST.count
            ? burst.count + unread.length
            : unread.length;
        bursts.set(tag, {
          times: [...burst.times, ...unread.map(() => clock.monotonic())].slice(-BURST.count),
          count: burst.count + unread.length,
        });
        const toast = toastOf(scene, channel, unread, count);
        const last = unread.at(-1);
        if (!toast || !last) continue;
        shown.set(tag, {
          lastSeq: last.seq,
          messages: [
            ...(shown.get(tag)?.messages ?? []),
            ...unread.map((message) => message.id),
          ].slice(-200),
        });
        background(show(scene, toast, unread), log, 'notify');
      }
    },

    read: (team, channel) => {
      const tag = toastTag(team, channel.id);
      const toast = shown.get(tag);
      if (!toast || readSeqOf(channel) < toast.lastSeq) return;
      shown.delete(tag);
      bursts.delete(tag);
      notifier.clear(tag);
    },

    deleted: (team, channel, message) => {
      const tag = toastTag(team, channel);
      const queued = waiting.get(tag);
      if (queued)
        waiting.set(tag, {
          channel,
          messages: queued.messages.filter((one) => one.id !== message),
        });
      if (shown.get(tag)?.messages.includes(message) !== true) return;
      shown.delete(tag);
      notifier.clear(tag);
    },

    forgetTeam: (team) => {
      for (const map of [waiting, bursts])
        for (const tag of [...map.keys()]) if (tag.startsWith(`${team}/`)) map.delete(tag);
      for (const tag of [...shown.keys()]) {
        if (!tag.startsWith(`${team}/`)) continue;
        shown.delete(tag);
        notifier.clear(tag);
      }
    },
  };
}

function outcomeOf({ verdict }: Decision): Outcome {
  return verdict === 'nothing' || verdict === 'dot' || verdict === 'badge' ? verdict : 'notified';
}

function hasKeyword(text: string, keywords: readonly string[]): boolean {
  if (keywords.length === 0) return false;
  const lower = text.toLowerCase();
  return keywords.some((keyword) => lower.includes(keyword.toLowerCase()));
}

/** At a code point, never inside one. */
function clip(text: string): string {
  const plain = text.replace(/\s+/gu, ' ').trim();
  return plain.length <= CLIP ? plain : `${plain.slice(0, CLIP).replace(/[\ud800-\udbff]$/u, '')}…`;
}
