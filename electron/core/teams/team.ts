/**
 * One team at work: its image, its line, its outbox, wired together. Made from what is on disk and thrown away whole; a
 * fault in one team touches no other. What a person may do with it stands in the commands.
 */
import type { Sockets } from '../../../doctor/ports.ts';
import type { Team as TeamFacts } from '../../../protocol/entities.ts';
import type { FeedEvent } from '../../../protocol/feeds.ts';
import type { Down, DownFrame } from '../../../protocol/frames-down.ts';
import type { ChannelId, MemberId } from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { Settings } from '../../bridge/views.ts';
import { errorName } from '../background.ts';
import type { Cache, Ledger } from '../cache/data.ts';
import type { TeamRecord } from '../cache/ledger-rows.ts';
import { createConnection, type Connection } from '../connection/connection.ts';
import { createLineRecord, type LineRecord } from '../connection/line-record.ts';
import { isLoopback, splitAddress } from '../connection/secure-line.ts';
import type { Changes } from '../events/changes.ts';
import type { NewId } from '../new-id.ts';
import type { Attention } from '../notify/attention.ts';
import type { Herald, Scene } from '../notify/herald.ts';
import type { Clock, Log, Random, RelayNet, RelayTarget, SecretBox } from '../ports.ts';
import { createAsks, type Asks } from '../sync/asks.ts';
import { callsMask } from '../../../protocol/mentions.ts';
import { createBackfill } from '../sync/backfill.ts';
import { createChannelLog } from '../sync/channel-log.ts';
import { createChannelNames, type ChannelNames } from '../sync/channel-names.ts';
import { createDirectory } from '../sync/directory.ts';
import { createDrafts, type Drafts } from '../sync/drafts.ts';
import { createHistory, type History } from '../sync/history.ts';
import { createLiveState, type LiveState } from '../sync/live-state.ts';
import { findLost } from '../sync/offers.ts';
import { createOutbox, type Outbox } from '../sync/outbox.ts';
import { createReadMarks, type ReadMarks } from '../sync/read-marks.ts';
import { createReplica, type ChannelState, type Replica } from '../sync/replica.ts';
import { replayUnknown } from '../sync/replay.ts';
import { createSession, type Session } from '../sync/session.ts';
import { createSettlement } from '../sync/settlement.ts';
import { createUnreadCounts } from '../sync/unread-counts.ts';
import { targetOf } from './http.ts';
import { createJoining } from './joining.ts';
import { createLineCheck, type LineCheck } from './line-check.ts';
import { createOwnPresence } from './presence.ts';
import { createRefresh } from './refresh.ts';
import { createTokens } from './tokens.ts';
import { trustOf } from './trust.ts';
import { createTransportLab, type TransportLab } from './transport-lab.ts';

export interface TeamParts {
  readonly record: TeamRecord;
  readonly ledger: Ledger;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly random: Random;
  readonly net: RelayNet;
  /** For the examination of the line. */
  readonly sockets: Sockets;
  readonly secrets: SecretBox;
  readonly log: Log;
  readonly changes: Changes;
  readonly newId: NewId;
  readonly settings: () => Settings;
  /** False for a while after the disk was full. */
  readonly mayBackfill: () => boolean;
  readonly attention: Attention;
  readonly herald: Herald;
  /** The image in memory can no longer be trusted: throw this team away and make it anew. */
  readonly onBroken: (error: unknown) => void;
}

export interface Team {
  readonly id: string;
  readonly record: TeamRecord;
  readonly cache: Cache;
  readonly replica: Replica;
  readonly outbox: Outbox;
  readonly marks: ReadMarks;
  readonly drafts: Drafts;
  readonly names: ChannelNames;
  readonly history: History;
  readonly live: LiveState;
  readonly asks: Asks;
  readonly session: Session;
  readonly connection: Connection;
  readonly lineCheck: LineCheck;
  readonly lineRecord: LineRecord;
  readonly lab: TransportLab;
  /**
   * Another store has answered, or the cache was lost, and not everything is here again: what is not known may well exist. Until then
   * what is written waits, and the relay decides.
   */
  readonly isBeginningAnew: boolean;
  /** What the relay allows in one message. */
  readonly textBytes: number;
  /** Durable when it returns. */
  save(change: Partial<TeamRecord>): void;
  setPresence(presence: TeamRecord['presence']): void;
  /** What a window shows now, null for something of another team. Whoever reads a channel to its end has read it. */
  looked(channel: string | null): void;
  /** The person made it unread: it stays so, even on screen, until they have looked at something else. */
  keepUnread(channel: string): void;
  /** Resolves when the channel is one of ours, or after `ms`. */
  joined(channel: string, ms: number): Promise<boolean>;
  settingsChanged(): void;
  start(): void;
  dispose(): void;
}

/** No relay's: what is held against it is always another. */
export const LOST_EPOCH = '';

export function createTeam(parts: TeamParts): Team {
  const { ledger, cache, clock, changes, log, newId, herald, attention } = parts;
  let { record } = parts;
  const { id, key } = record;
  /** For as long as this team lives: with another relay it is made anew. */
  const trust = trustOf(record);
  let isDisposed = false;
  const mask = (): number => callsMask(parts.settings().notifications.ignoreChannelMentions);
  let textBytes = DEFAULT_LIMITS.textBytes;
  let startLater: Down<'welcome'> | undefined;
  let relayAt = 0;

  const save = (change: Partial<TeamRecord>): void => {
    // The team was made anew: an answer that was still on its way must not write over what is known
    // now.
    if (isDisposed) return;
    record = { ...record, ...change };
    ledger.rows.putTeam(record);
    changes.team(id);
    try {
      keepCopy();
    } catch (error) {
      // The record itself is safe.
      parts.onBroken(error);
    }
  };

  let copy = '';
  /** A ledger that is damaged gets the record back from the cache. Tokens stay in one place. */
  const keepCopy = (): void => {
    const tokens = { sealedAccess: null, sealedRefresh: null, accessExpiresAt: 0 };
    const json = JSON.stringify({ ...record, ...tokens });
    if (json === copy) return;
    cache.teams.putCopy(key, json);
    copy = json;
  };
  keepCopy();

  const keepFacts = (team: TeamFacts): void => {
    const facts = teamFacts(team);
    const hasChanged = Object.entries(facts).some(
      ([name, value]) => record[name as keyof typeof facts] !== value,
    );
    if (hasChanged) save(facts);
  };

  const replica = createReplica({
    team: { id, key, me: record.me as MemberId, handle: record.handle },
    cache,
    changes,
    mask,
  });
  const joining = createJoining({
    clock,
    isJoined: (channel) => replica.channels.get(channel)?.isJoined === true,
  });
  const names = createChannelNames({ replica, rows: ledger.drafts });
  const drafts = createDrafts({
    team: { id, key },
    db: ledger.db,
    rows: ledger.drafts,
    names,
    clock,
    changes,
  });
  const live = createLiveState({ team: id, me: record.me, clock, changes });
  const scene: Scene = {
    replica,
    cache,
    get isDoNotDisturb() {
      return record.presence === 'dnd';
    },
  };

  const outbox = createOutbox({
    team: { id, key },
    trust,
    db: ledger.db,
    rows: ledger.outbox,
    clock,
    changes,
    send: (frame) => connection.send(frame),
    remember: names.remember,
    confirm: (row, ack) => settlement.confirm(row, ack),
    onRefused: (row) => settlement.refused(row),
    onOverdue: () => connection.giveUp(),
  });
  const marks = createReadMarks({
    replica,
    outbox,
    clock,
    newId,
    onRead: (channel) => wasRead(channel),
  });
  const wasRead = (channel: ChannelState): void => {
    herald.read(id, channel);
    unreadCounts.check(channel);
  };

  const settlement = createSettlement({
    replica,
    changes,
    outbox: () => outbox,
    marks: () => marks,
    session: () => session,
    channelLog: () => channelLog,
  });

  let keptUnread: string | null = null;
  const readIfLooking = (channel: ChannelState): void => {
    if (channel.id === keptUnread) return;
    if (attention.isReading(id, channel.id) && !attention.isIdle())
      marks.mark(channel, channel.head);
  };

  const channelLog = createChannelLog({
    replica,
    cache,
    changes,
    mask,
    onNews: (channel, messages) => {
      if (!session.isFirstSync) herald.consider(scene, channel, messages);
    },
    onDeleted: (channel, message) => herald.deleted(id, channel.id, message),
  });
  const directory = createDirectory({
    replica,
    cache,
    changes,
    onTeam: (team) => keepFacts(team),
    onJoined: (channel) => {
      settlement.overlay(channel);
      replica.recount(channel);
      session.fetchNew(channel);
      backfill.start();
      joining.joined(channel.id);
    },
    onRead: (channel) => wasRead(channel),
    onSessions: (ended) => {
      if (ended === record.session) connection.stop('session-ended');
    },
  });

  const asks = createAsks({ clock, send: (frame) => connection.send(frame) });
  const history = createHistory({
    asks,
    clock,
    log,
    onPage: (page) => session.takePage(page),
    onBroken: (error) => broken('page', error),
  });
  const backfill = createBackfill({
    replica,
    cache,
    history,
    clock,
    log,
    settings: () => parts.settings().history,
    mayFetch: () =>
      connection.isLive && !session.isCatchingUp && asks.isIdle && outbox.counts().waiting === 0,
    mayWrite: parts.mayBackfill,
  });
  const unreadCounts = createUnreadCounts({
    replica,
    cache,
    asks,
    history,
    clock,
    log,
    mayAsk: () => connection.isLive && !session.isCatchingUp,
    onBroken: (error) => broken('unread', error),
  });
  const session = createSession({
    replica,
    cache,
    directory,
    channelLog,
    history,
    asks,
    live,
    clock,
    log,
    focus: () => attention.channelOf(id) as ChannelId | null,
    presence: () => presence.now(),
    onTeam: (team) => keepFacts(team),
    onNewEpoch: () => outbox.settle(),
    // Whatever epoch comes next is another than this one, and so what was sent is offered again.
    onLoss: () => save({ epoch: LOST_EPOCH }),
    restartLine: () => connection.giveUp(),
    onBroken: (error) => broken('page', error),
    onEvents: (channel, events) => onEvents(channel, events),
    onCaughtUp: () => {
      if (startLater) startAnew(startLater).catch((error: unknown) => broken('missing', error));
      unreadCounts.checkAll();
      backfill.start(relayAt);
      outbox.settle();
      herald.release(scene);
      for (const channel of replica.channels.values()) if (channel.isJoined) readIfLooking(channel);
    },
  });

  const broken = (frame: DownFrame['t'], error: unknown): void => {
    log.error('frame.failed', { frame, error: errorName(error) });
    connection.giveUp();
    parts.onBroken(error);
  };

  /** What was lost is in the outbox before this epoch is ours: cut short, it is looked for again. */
  const startAnew = async (welcome: Down<'welcome'>): Promise<void> => {
    const lost = await findLost({ replica, cache, disk: ledger.outbox, trust, asks, clock });
    // Is this still my line?
    if (startLater !== welcome) return;
    startLater = undefined;
    outbox.offer(lost);
    save({ epoch: welcome.epoch });
    outbox.start(welcome.limits);
  };

  const tokens = createTokens({
    clock,
    net: parts.net,
    secrets: parts.secrets,
    record: () => record,
    save,
  });
  const refresh = createRefresh({
    clock,
    log,
    asks,
    tokens,
    onEnded: () => connection.stop('session-ended'),
  });
  const presence = createOwnPresence({
    clock,
    chosen: () => record.presence,
    idleSeconds: attention.idleSeconds,
    send: (signal) => connection.send(signal),
  });

  const onEvents = (channel: ChannelState, events: readonly FeedEvent[]): void => {
    for (const event of events) {
      if (event.kind === 'posted' && event.by === record.me) outbox.arrived(event.id);
      // By whomever: these words are not to come back from us when the relay loses the deletion.
      if (event.kind === 'deleted' || event.kind === 'redacted')
        ledger.outbox.forgetSent(key, event.id);
    }
    outbox.settle();
    if (session.isCatchingUp) return;
    unreadCounts.check(channel);
    herald.release(scene);
    readIfLooking(channel);
  };

  const lineCheck = createLineCheck({
    clock,
    sockets: parts.sockets,
    log,
    record: () => record,
    access: tokens.access,
    hello: session.hello,
  });
  const lineRecord = createLineRecord({ clock });
  const target = (): RelayTarget => targetOf(record.address, record.fingerprint);
  const lab = createTransportLab({
    clock,
    net: parts.net,
    newId,
    log,
    target,
    access: tokens.access,
    hello: session.hello,
  });
  const connection = createConnection({
    clock,
    random: parts.random,
    net: lineRecord.watch(parts.net),
    log,
    target,
    access: lineRecord.watchAccess(tokens.access),
    renew: tokens.renew,
    hello: session.hello,
    onWelcome: (welcome) => {
      textBytes = welcome.limits.textBytes;
      relayAt = welcome.at;
      session.welcome(welcome);
      if (!connection.isLive) return;
      refresh.live(welcome.accessExpiresInMs);
      presence.live();
      if (record.epoch === null) save({ epoch: welcome.epoch });
      // With another store, what waits may be about something that has to be offered first.
      if (record.epoch === welcome.epoch) outbox.start(welcome.limits);
      else startLater = welcome;
      tellPending();
    },
    onFrame: (frame) => take(frame),
    onLost: () => {
      startLater = undefined;
      refresh.lost();
      presence.lost();
      session.lost();
      backfill.stop();
      outbox.stop();
      asks.failAll();
      live.clear();
      tellPending();
    },
    onWire: (wire) => {
      changes.team(id);
      if (wire.state === 'stopped' && wire.why === 'session-ended')
        save({ standing: 'session-ended' });
    },
    onBroken: parts.onBroken,
  });

  /** Whether what waits is waiting for the line shows on every pending row. */
  const tellPending = (): void => {
    for (const row of outbox.rows)
      if (row.message !== null) changes.message(id, row.channel, row.message);
  };

  const take = (frame: DownFrame): void => {
    if (session.keeps(frame)) return;
    if ((frame.t === 'ack' || frame.t === 'refused') && outbox.take(frame)) return;
    if (asks.take(frame)) return;
    session.take(frame);
    // What an acknowledgement waited for may be there now, or never come: we may have left the channel.
    outbox.settle();
  };

  replayUnknown({ replica, cache, channelLog });
  // A crash may have come between the cache's commit and the outbox's: what is confirmed is not sent again.
  for (const row of outbox.rows) {
    const channel = replica.channels.get(row.channel);
    if (!channel) continue;
    if (row.frame.t === 'post' && cache.messages.byId(key, channel.key, row.op))
      outbox.arrived(row.op);
  }
  for (const channel of replica.channels.values()) settlement.overlay(channel);
  const written = [...outbox.rows.filter((row) => row.message !== null), ...drafts.all];
  names.keepOnly(new Set(written.map(({ channel }) => channel)));
  replica.recountStale();

  return {
    id,
    get record() {
      return record;
    },
    cache,
    replica,
    outbox,
    marks,
    drafts,
    names,
    history,
    live,
    asks,
    session,
    connection,
    lineCheck,
    lineRecord,
    lab,
    get isBeginningAnew() {
      return session.isFirstSync || record.epoch !== replica.sync.epoch;
    },
    get textBytes() {
      return textBytes;
    },
    save,
    setPresence: (chosen) => {
      save({ presence: chosen });
      presence.tell();
    },
    looked: (channelId) => {
      if (channelId !== keptUnread) keptUnread = null;
      const channel = channelId === null ? undefined : replica.channels.get(channelId);
      if (channel) readIfLooking(channel);
    },
    keepUnread: (channel) => {
      keptUnread = channel;
    },
    joined: joining.wait,
    settingsChanged: () => {
      replica.recountStale();
      backfill.start();
    },
    start: () => {
      if (record.standing === 'in') connection.start();
      else if (record.standing === 'session-ended') connection.stop('session-ended');
    },
    dispose: () => {
      try {
        drafts.flush();
        marks.flush();
      } catch (error) {
        // The disk that failed may be why we are being thrown away.
        log.error('team.unwritten', { error: errorName(error) });
      }
      connection.stop('signed-out');
      lineCheck.stop();
      lab.stop();
      backfill.stop();
      history.dispose();
      live.dispose();
      drafts.dispose();
      marks.dispose();
      isDisposed = true;
    },
  };
}

/** What a team says of itself, and this computer keeps beside it. */
export const teamFacts = ({
  name,
  memberInviteDays,
  memberInviteUses,
}: TeamFacts): Pick<TeamRecord, 'name' | 'memberInviteDays' | 'memberInviteUses'> => ({
  name,
  memberInviteDays,
  memberInviteUses,
});

/** A relay on this computer is reached whatever the network does. */
export const isOnThisComputer = (address: string): boolean =>
  isLoopback(splitAddress(address.replace(/^\w+:\/\//, ''))?.host ?? '');
