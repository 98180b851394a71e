/**
 * Every limit of the product, in one table. The relay enforces them and tells the desktop the ones it must know in
 * `welcome`; an operator may lower or raise them in the relay's configuration, but for those that both sides build in
 * (`FIXED_LIMITS`, `HIGHEST_LIMITS`). Nothing else may state a number of its own. Sizes are bytes of UTF-8 unless the name
 * says otherwise; durations are milliseconds.
 */
export interface Limits {
  /**
   * One WebSocket message from a client, all fragments together. Room for the longest text with every byte escaped: a frame beyond it
   * costs the sender the socket, so nothing that a desktop may send can be among those.
   */
  readonly frameBytes: number;
  readonly frameFragments: number;
  /** Text of one message. */
  readonly textBytes: number;
  /**
   * One draft that the desktop keeps: far more than can be sent, so that a long paste is not lost.
   */
  readonly draftBytes: number;
  /** Display names of members, channels and the team; handles and topics likewise. Counted in code points after NFC. */
  readonly nameLength: number;
  readonly handleLength: number;
  readonly topicLength: number;
  readonly passwordMinLength: number;
  readonly passwordMaxBytes: number;
  /** Silence allowed between the upgrade and `hello`. */
  readonly helloMs: number;
  /** These five are of a member at one relay, over all connections and HTTP requests. */
  readonly sendsPerSecond: number;
  readonly sendsBurst: number;
  readonly framesPerSecond: number;
  readonly framesBurst: number;
  readonly bytesInPerSecond: number;
  readonly historyPerSecond: number;
  /** People whom a member may put into channels and conversations: so many an hour, and so many at once. */
  readonly addsPerHour: number;
  readonly addsBurst: number;
  /** At most one typing signal per member and channel in this time is passed on. */
  readonly typingEveryMs: number;
  /** A typing or presence signal that is not renewed is over after this time. */
  readonly signalTtlMs: number;
  readonly pageEvents: number;
  readonly pageBytes: number;
  /** Feeds one `hello` may name; the others are found through the heads in `welcome`. */
  readonly helloPositions: number;
  /** Catch-up starts with the newest page when a feed is further behind than this. */
  readonly farBehindEvents: number;
  readonly socketsPerMember: number;
  /** Connections without a token, of one IPv4 address or IPv6 /64; beyond, its oldest is closed. */
  readonly socketsUnauthenticatedPerAddress: number;
  /** The same in all; beyond, the oldest of the network that holds most is closed. */
  readonly socketsUnauthenticated: number;
  /** Places beside those, for connections from networks that have shown a good token before. */
  readonly socketsUnauthenticatedKnown: number;
  /** Networks that have shown a good token and are remembered, each an IPv4 address or IPv6 /64. */
  readonly knownNetworks: number;
  /** New connections of one network, an IPv4 address or IPv6 /64; more are closed unread. */
  readonly connectionsPerSecond: number;
  readonly connectionsBurst: number;
  /** HTTP requests of one such network that show no good token; more are answered with 429. */
  readonly requestsPerSecond: number;
  readonly requestsBurst: number;
  /** An IPv4 /24, an IPv6 /56 or /48 may do so many times as much as one address or /64 of it. */
  readonly wideNetworkFactor: number;
  /** Requests that may wait behind the one being answered on the same connection; more end it. */
  readonly requestsWaiting: number;
  /** Clients that may come in, per second and at once; beyond, they are told to return a little later. */
  readonly acceptsPerSecond: number;
  readonly acceptsBurst: number;
  /** Over how long those who were told to return are spread. */
  readonly acceptSpreadMs: number;
  readonly outboundDropSignalsBytes: number;
  readonly outboundBehindBytes: number;
  readonly outboundCloseBytes: number;
  readonly outboundStallMs: number;
  readonly outboundTotalBytes: number;
  readonly pingEveryMs: number;
  readonly pingMisses: number;
  /** What a client may ask for in `hello` instead, where its way is cut in silence: never more rarely than `pingEveryMs`. */
  readonly pingLeastMs: number;
  readonly pingMostMs: number;
  /** The longest silence that a client may ask for, once on each line: to measure how much of it the way bears. */
  readonly silenceMs: number;
  /** The desktop gives a socket up after this long without a byte. */
  readonly clientSilenceMs: number;
  readonly clientAckMs: number;
  readonly headerBytes: number;
  readonly headersMs: number;
  /** A WebSocket message or the body of a request not complete in this time ends its connection. */
  readonly messageMs: number;
  readonly requestMs: number;
  readonly httpBodyBytes: number;
  /** An idle connection over HTTP is kept for the next request for this long. */
  readonly keepAliveMs: number;
  readonly unknownFramesPerMinute: number;
  /** Frames of one `POST /v1/frames`, and its whole body. */
  readonly doorFrames: number;
  readonly doorBodyBytes: number;
  /** Text of an `echo`, in characters: it stands for a message of usual length. */
  readonly echoLength: number;
  /** Changes that one `missing` may ask about. */
  readonly missingOps: number;
  /** Channels that one `count-unread` may name. */
  readonly countSpans: number;
  /** Events that one `count-unread` counts in all; of more, the asker asks again from where the answer ends. */
  readonly countEvents: number;
  /** The longest that a poll may wait for something to tell. */
  readonly doorWaitMs: number;
  /** Feeds that a poll may name beside those in its `hello`: all that a member can have. */
  readonly doorPositions: number;
  /** A session that sends `POST` requests is no newcomer (`acceptsPerSecond`) for this long after each. */
  readonly doorMemoryMs: number;
  /** The same for a connection over which a session came to a door: longer than the pause between two pings. */
  readonly doorKeepAliveMs: number;
  /** Connections that a member may have for HTTP requests; of more, one of the device that has most gives way. */
  readonly doorConnections: number;
  readonly channelMembers: number;
  /** Members that `create-channel` may name, so that it fits a frame; others are added one by one. */
  readonly channelStartMembers: number;
  /** Members of one group conversation, the maker included. */
  readonly groupMembers: number;
  readonly channelsPerMember: number;
  /** Channels and groups that one member may make: far fewer than `channelsPerMember`, which they use up for others. */
  readonly channelsMadePerMember: number;
  /** Of an invite from the command line that names neither, and of the setup code. */
  readonly inviteDays: number;
  readonly inviteUses: number;
  /** The most that any invite may be good for. */
  readonly inviteMaxDays: number;
  readonly inviteMaxUses: number;
  /** The most that members may give in a new team; its owners and admins can change both. */
  readonly memberInviteDays: number;
  readonly memberInviteUses: number;
  readonly accessTokenMs: number;
  /** A live socket outlives its access token by this much, so that a slow refresh does not cut it. */
  readonly accessGraceMs: number;
  /** An access token longer than this is refused before anything of it is parsed. */
  readonly accessTokenBytes: number;
  /** A relay's clock that is further than this from the newest event of its store is not believed. */
  readonly clockFarMs: number;
  readonly refreshDays: number;
  readonly signInsPerMinutePerAddress: number;
  readonly signInsPerMinutePerHandle: number;
  /** Sign-ins, and changes of the password, with the right one. */
  readonly signInSuccessesPerHour: number;
  /** People who join with one invite. Each costs a password hash, whether the invite has a use left then or not. */
  readonly joinsPerMinutePerInvite: number;
  /** Devices that a member may be signed in on. Of more, the one unused longest is signed out. */
  readonly sessionsPerMember: number;
  /** A device used within so many days is not signed out for a new one: the new sign-in is refused. */
  readonly sessionUnusedDays: number;
  /** A place where a handle signed in is known for so long, and its attempts are counted apart from those of strangers. */
  readonly familiarDays: number;
  readonly passwordHashesAtOnce: number;
  /** Password checks that may wait, known ones and strangers each; beyond, `rate-limited`. One slot in four is a stranger's. */
  readonly passwordHashesWaiting: number;
  /** Feeds whose heads are asked of the store at once when it is doubtful whether everything was heard. */
  readonly doubtFeeds: number;
  /** While other nodes cannot be heard, all heads are asked for this often. */
  readonly doubtEveryMs: number;
  /** Each node says to the others that it is there, and how much it has said, this often. */
  readonly hintBeatMs: number;
  /** One message between nodes; a larger one is not looked at. */
  readonly hintBytes: number;
  /** Feeds that one message between nodes may name, and signals of typing likewise. */
  readonly hintFeeds: number;
  /** Messages from other nodes that are looked at between two beats; beyond, all heads are asked for instead. */
  readonly hintsPerBeat: number;
  /** Messages to other nodes that may be on their way; beyond, they are dropped. */
  readonly hintsInFlight: number;
  /** Other nodes that a node keeps in mind. */
  readonly clusterNodes: number;
  /** A Redis that owes an answer for this long is taken for gone. */
  readonly redisAnswerMs: number;
  /** So long a Redis is waited for when a limit is asked about; then the node counts alone. */
  readonly budgetAnswerMs: number;
  /** Members whose presence is taken from one other node; of a node that claims more nobody is shown. */
  readonly presenceMembers: number;
  /** The content of one blob. At most 5 GiB, which is what a storage server takes at once. */
  readonly blobBytes: number;
  /** What a killed writer left half-written is removed when it has not been touched for this long. */
  readonly blobLeftoverMs: number;
  /** A disk, share or storage server that owes an answer, or the next bytes, for this long is taken for gone. */
  readonly blobAnswerMs: number;
  /** Calls to the disk of the blobs that may be under way at once: fewer than Node has threads, since a share may stand still. */
  readonly blobDiskCalls: number;
  /** Connections to a storage server. Each blob that is sent or read holds one, also while its reader is slow; beyond, the others wait. */
  readonly blobSockets: number;
  /** How often a request to a storage server is made when the connection is lost or the server is busy, the first time included. */
  readonly blobAttempts: number;
  /** The longest wait before the second attempt; before each further one it doubles. */
  readonly blobRetryMs: number;
  /** An answer of a storage server other than a blob; a larger one is not looked at. */
  readonly blobAnswerBytes: number;
  /** What a desktop fetches of older messages in the background, unless a person chose otherwise: so far back, and so much in all. */
  readonly backfillDays: number;
  readonly backfillBytes: number;
  /** It stops while the disk has less room than this. */
  readonly backfillFreeBytes: number;
  /** Damaged databases of a desktop that are kept beside the new one; of more, the oldest go. */
  readonly damagedCacheCopies: number;
  readonly damagedLedgerCopies: number;
  /** Damaged rows of the ledger that are kept apart; of more, the oldest go. */
  readonly spoiltRows: number;
  /** A cache that fails again within this time after it was made anew is kept in memory until the next start. */
  readonly rebuildAgainMs: number;
}

/** Pings come this much sooner or later than their pause, so that ten thousand clients do not answer at once. */
export const PING_SPREAD = 0.2;

const KIB = 1024;
const MIB = 1024 * KIB;

export const DEFAULT_LIMITS: Limits = {
  frameBytes: 128 * KIB,
  frameFragments: 64,
  textBytes: 16 * KIB,
  draftBytes: 1 * MIB,
  nameLength: 80,
  handleLength: 32,
  topicLength: 250,
  passwordMinLength: 10,
  passwordMaxBytes: 1 * KIB,
  helloMs: 5_000,
  sendsPerSecond: 10,
  sendsBurst: 30,
  framesPerSecond: 20,
  framesBurst: 60,
  bytesInPerSecond: 256 * KIB,
  historyPerSecond: 5,
  addsPerHour: 1_000,
  addsBurst: 1_000,
  typingEveryMs: 3_000,
  signalTtlMs: 6_000,
  pageEvents: 200,
  pageBytes: 256 * KIB,
  helloPositions: 512,
  farBehindEvents: 1_000,
  socketsPerMember: 10,
  socketsUnauthenticatedPerAddress: 20,
  socketsUnauthenticated: 500,
  socketsUnauthenticatedKnown: 250,
  knownNetworks: 10_000,
  connectionsPerSecond: 100,
  connectionsBurst: 1_000,
  requestsPerSecond: 30,
  requestsBurst: 500,
  wideNetworkFactor: 4,
  requestsWaiting: 4,
  acceptsPerSecond: 1_000,
  acceptsBurst: 10_000,
  acceptSpreadMs: 10_000,
  outboundDropSignalsBytes: 256 * KIB,
  outboundBehindBytes: 512 * KIB,
  outboundCloseBytes: 4 * MIB,
  outboundStallMs: 10_000,
  outboundTotalBytes: 256 * MIB,
  pingEveryMs: 25_000,
  pingMisses: 2,
  pingLeastMs: 5_000,
  pingMostMs: 60_000,
  silenceMs: 160_000,
  clientSilenceMs: 40_000,
  clientAckMs: 8_000,
  headerBytes: 16 * KIB,
  headersMs: 10_000,
  messageMs: 10_000,
  requestMs: 30_000,
  httpBodyBytes: 64 * KIB,
  keepAliveMs: 5_000,
  unknownFramesPerMinute: 50,
  doorFrames: 32,
  doorBodyBytes: 256 * KIB,
  echoLength: 200,
  missingOps: 500,
  countSpans: 100,
  countEvents: 5_000,
  doorWaitMs: 25_000,
  doorPositions: 2_000,
  doorMemoryMs: 60_000,
  doorKeepAliveMs: 35_000,
  doorConnections: 60,
  channelMembers: 10_000,
  channelStartMembers: 1_000,
  groupMembers: 9,
  channelsPerMember: 2_000,
  channelsMadePerMember: 500,
  inviteDays: 7,
  inviteUses: 1,
  inviteMaxDays: 365,
  inviteMaxUses: 1_000,
  memberInviteDays: 7,
  memberInviteUses: 25,
  accessTokenMs: 10 * 60_000,
  accessGraceMs: 30_000,
  accessTokenBytes: 1 * KIB,
  clockFarMs: 24 * 60 * 60_000,
  refreshDays: 90,
  signInsPerMinutePerAddress: 20,
  signInsPerMinutePerHandle: 10,
  signInSuccessesPerHour: 20,
  joinsPerMinutePerInvite: 30,
  sessionsPerMember: 20,
  sessionUnusedDays: 7,
  familiarDays: 90,
  passwordHashesAtOnce: 2,
  passwordHashesWaiting: 32,
  doubtFeeds: 500,
  doubtEveryMs: 3_000,
  hintBeatMs: 1_000,
  hintBytes: 64 * KIB,
  hintFeeds: 400,
  hintsPerBeat: 10_000,
  hintsInFlight: 256,
  clusterNodes: 64,
  redisAnswerMs: 1_500,
  budgetAnswerMs: 250,
  presenceMembers: 20_000,
  blobBytes: 100 * MIB,
  blobLeftoverMs: 24 * 60 * 60_000,
  blobAnswerMs: 15_000,
  blobDiskCalls: 2,
  blobSockets: 64,
  blobAttempts: 4,
  blobRetryMs: 250,
  blobAnswerBytes: 1 * MIB,
  backfillDays: 90,
  backfillBytes: 1_024 * MIB,
  backfillFreeBytes: 512 * MIB,
  damagedCacheCopies: 1,
  damagedLedgerCopies: 5,
  spoiltRows: 1_000,
  rebuildAgainMs: 10 * 60_000,
};

/** Built into the wire's schemas or into the desktop: the same for every relay. */
export const FIXED_LIMITS = [
  'nameLength',
  'handleLength',
  'topicLength',
  'helloPositions',
  'echoLength',
  'missingOps',
  'countSpans',
  'doorPositions',
  'doorWaitMs',
  'doorFrames',
  'doorBodyBytes',
  'channelStartMembers',
  'pingLeastMs',
  'pingMostMs',
  'silenceMs',
  'clientSilenceMs',
  'clientAckMs',
  'draftBytes',
  'inviteUses',
  'inviteMaxDays',
  'inviteMaxUses',
  'memberInviteDays',
  'memberInviteUses',
  'backfillDays',
  'backfillBytes',
  'backfillFreeBytes',
  'damagedCacheCopies',
  'damagedLedgerCopies',
  'spoiltRows',
  'rebuildAgainMs',
] as const satisfies readonly (keyof Limits)[];

/** What the wire's schemas refuse beyond the default anyway: a relay may only ask for less. */
export const HIGHEST_LIMITS = [
  'textBytes',
  'passwordMaxBytes',
  'groupMembers',
] as const satisfies readonly (keyof Limits)[];
