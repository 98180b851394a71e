/**
 * One run from one seed: people do things, things go wrong, then everything is calm, and in the end every promise is held against what
 * is found. The result says what was broken; the same seed breaks the same way again.
 */
import { createHash } from 'node:crypto';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createChance, type Chance } from '../kit/chance.ts';
import { heldWhole } from '../kit/cache-checks.ts';
import { PROMISES, violations } from '../kit/checks.ts';
import { readDesktop } from '../kit/desktop-read.ts';
import { writeHistory } from '../kit/history.ts';
import { foldChannel } from '../kit/reference.ts';
import { readRelay, type RelayRead } from '../kit/relay-read.ts';
import { noSilentGap, showsAll } from '../kit/window-checks.ts';
import type { DesktopNode } from './desktop-node.ts';
import { createFaults, FAULTS, type Fault, type Faults } from './faults.ts';
import { createPeople, DEEDS, type Deed, type People } from './people.ts';
import { COMPUTERS, type Template } from './template.ts';
import { createWorld, type Plant, type World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  /** Promises that were broken, in words; empty when all were kept. */
  readonly broken: readonly string[];
  /** A fingerprint of everything that happened. */
  readonly print: string;
  readonly simulatedMs: number;
  readonly events: number;
  /** The history as JSON lines. */
  readonly history: string;
}

export interface RunOptions {
  readonly template: Template;
  readonly plant?: Plant;
  /** More or fewer steps than the seed says. */
  readonly steps?: number;
  /** Hears everything that happens. */
  readonly trace?: (words: string) => void;
}

/** After these, what was made since the copy is gone. */
const GOING_BACK: readonly Fault[] = ['go-back', 'hand-copy', 'lost-log'];

type Weights<K extends string> = Readonly<Partial<Record<K, number>>>;

/** What a run is about. Faults not named do not happen; deeds not named happen once in a while. */
const CHARACTERS: Readonly<
  Record<
    string,
    { readonly deeds: Weights<Deed>; readonly faults: Weights<Fault>; readonly faultShare: number }
  >
> = {
  network: {
    deeds: { send: 30, edit: 4, delete: 3, read: 4, look: 4, open: 4 },
    faults: { cut: 4, 'cut-late': 4, 'cut-after': 4, hole: 3, offline: 2, weather: 3 },
    faultShare: 0.4,
  },
  kills: {
    deeds: { send: 30, edit: 3, delete: 3, read: 3, draft: 2 },
    faults: {
      'kill-relay': 2,
      'fuse-relay': 4,
      'kill-desktop': 2,
      'fuse-desktop': 4,
      'stop-relay': 1,
      'restart-desktop': 2,
      'relay-clock-far': 2,
      'damaged-files': 2,
    },
    faultShare: 0.4,
  },
  rooms: {
    deeds: {
      send: 16,
      create: 4,
      direct: 2,
      join: 4,
      leave: 3,
      add: 5,
      remove: 4,
      change: 2,
      archive: 2,
      level: 2,
      read: 3,
    },
    faults: { cut: 3, 'cut-late': 3, 'kill-desktop': 1, 'fuse-relay': 1, hole: 1 },
    faultShare: 0.2,
  },
  readers: {
    deeds: {
      send: 16,
      look: 12,
      open: 8,
      scroll: 6,
      read: 8,
      unread: 5,
      level: 3,
      draft: 3,
      edit: 4,
      delete: 4,
      reload: 3,
    },
    faults: { cut: 3, 'restart-desktop': 1, 'sleep-desktop': 2, weather: 1 },
    faultShare: 0.15,
  },
  backups: {
    deeds: { send: 30, edit: 4, delete: 4, read: 3, draft: 2, look: 3 },
    faults: {
      'back-up': 2,
      'go-back': 1,
      'copy-by-hand': 3,
      'hand-copy': 2,
      'lost-log': 2,
      cut: 2,
      'kill-desktop': 2,
      'restart-desktop': 1,
      'fuse-relay': 1,
    },
    faultShare: 0.3,
  },
  everything: {
    deeds: {
      send: 20,
      flood: 1,
      edit: 3,
      delete: 2,
      read: 3,
      look: 3,
      open: 3,
      create: 1,
      join: 1,
      leave: 1,
      add: 1,
      type: 2,
      presence: 1,
    },
    faults: Object.fromEntries(FAULTS.map((fault) => [fault, GOING_BACK.includes(fault) ? 0 : 1])),
    faultShare: 0.3,
  },
};
const NAMES = Object.keys(CHARACTERS);
/** A deed a run is not about. */
const ONCE_IN_A_WHILE = 0.3;
/** Where what was made after the backup is gone, nobody can be in it any more: channels stay as they are. */
const NOT_WITH_BACKUPS: readonly Deed[] = [
  'create',
  'direct',
  'join',
  'leave',
  'add',
  'remove',
  'change',
  'archive',
  'level',
  'rename',
];
/** Small pages and small patience for slow readers, so that a short run meets holes, many pages and clients that fall behind. */
const NARROW = {
  pageEvents: 7,
  pageBytes: 3_000,
  farBehindEvents: 15,
  outboundDropSignalsBytes: 500,
  outboundBehindBytes: 2_000,
  outboundCloseBytes: 40_000,
};
/** New tokens often, so that some answers that carry them get lost; not so often that a frame of an old
 * connection can arrive after the next token was used. */
const SHORT_TOKENS = { accessTokenMs: 40_000 };

/** Everything must be well again this long after the last fault, whatever died silently. */
const LIVENESS_MS = 240_000;
/** Two beats of the relay: a push that was lost is found within one. */
const REST_MS = 62_000;

export async function runSeed(
  seed: number,
  { template, plant, steps, trace }: RunOptions,
): Promise<Outcome> {
  const chance = createChance(`sim/${seed}`).fork('scenario');
  const character = CHARACTERS[NAMES[seed % NAMES.length] ?? ''] ?? CHARACTERS['everything'];
  const computers = COMPUTERS.slice(0, chance.int(2, COMPUTERS.length));
  const world = createWorld({
    seed: `sim/${seed}`,
    template: template.folder,
    startAt: template.leftAt + chance.int(0, 1_000_000),
    people: Object.fromEntries(computers.map((name) => [name, template.people[name] ?? ''])),
    stopsInSleep: chance.happens(0.5),
    limits: {
      ...(chance.happens(0.3) ? NARROW : {}),
      ...(chance.happens(0.5) ? SHORT_TOKENS : {}),
    },
    ...(plant ? { plant } : {}),
    ...(trace ? { trace } : {}),
  });
  try {
    const people = createPeople(world, chance.fork('people'));
    const faults = createFaults(world, chance.fork('faults'));
    world.relay.start();
    for (const desktop of world.desktops) desktop.start();
    await world.advance(chance.int(0, 3_000));
    await live(
      world,
      people,
      faults,
      chance,
      character ?? { deeds: {}, faults: {}, faultShare: 0 },
      steps ?? chance.int(20, 70),
    );
    world.note('calm');
    if (world.broken.length === 0) await faults.calm();
    if (world.broken.length === 0) await rest(world, people);
    const broken = world.broken.length > 0 ? world.broken : await judge(world);
    const history = writeHistory(world.history);
    const print = createHash('sha256')
      .update(history)
      .update(JSON.stringify(broken))
      .digest('hex')
      .slice(0, 16);
    return {
      seed,
      broken,
      print,
      simulatedMs: world.clock.monotonic(),
      events: world.history.moments.length,
      history,
    };
  } finally {
    await world.dispose();
  }
}

interface Character {
  readonly deeds: Weights<Deed>;
  readonly faults: Weights<Fault>;
  readonly faultShare: number;
}

async function live(
  world: World,
  people: People,
  faults: Faults,
  chance: Chance,
  character: Character,
  steps: number,
): Promise<void> {
  const deeds = Object.fromEntries(
    DEEDS.map((deed) => [deed, character.deeds[deed] ?? ONCE_IN_A_WHILE]),
  ) as Record<Deed, number>;
  deeds.flood = character.deeds.flood ?? 0.1;
  if (GOING_BACK.some((fault) => (character.faults[fault] ?? 0) > 0))
    for (const deed of NOT_WITH_BACKUPS) deeds[deed] = 0;
  for (let step = 0; step < steps && world.broken.length === 0; step++) {
    for (let left = chance.int(1, 3); left > 0; left--) {
      await world.settle();
      const [desktop, deed] = [chance.pick(world.desktops), chance.weighted(deeds)];
      world.note(`${desktop.name}: ${deed}`);
      await people.act(desktop, deed);
    }
    if (chance.happens(character.faultShare)) {
      const fault = chance.weighted(character.faults as Record<Fault, number>);
      world.note(`fault: ${fault}`);
      faults.strike(fault);
    }
    await world.advance(pause(chance));
    faults.tend();
    for (const desktop of world.desktops) if (chance.happens(0.3)) people.signInAgain(desktop);
    if (chance.happens(0.1)) await compare(world, chance.pick(world.desktops));
  }
}

/** Mostly a moment, sometimes long enough for tokens to run out. */
function pause(chance: Chance): number {
  const kind = chance.weighted({ moment: 60, seconds: 30, minute: 4, long: 0.5 });
  if (kind === 'moment') return chance.int(0, 300);
  if (kind === 'seconds') return chance.int(300, 8_000);
  return kind === 'minute' ? chance.int(20_000, 70_000) : chance.int(300_000, 900_000);
}

/** The standing rule of the bridge, at any quiet moment. */
async function compare(world: World, desktop: DesktopNode): Promise<void> {
  for (const words of (await desktop.compareWindow()) ?? []) world.breaks(`bridge: ${words}`);
}

const isAtRest = ({ team }: DesktopNode): boolean =>
  team?.team.wire.state === 'live' &&
  !team.team.wire.isCatchingUp &&
  team.team.outbox.waiting === 0;

/** A line that died without a sign looks alive for a while: a team is at rest when it is so twice, with two beats between. */
async function rest(world: World, people: People): Promise<void> {
  const until = world.clock.monotonic() + LIVENESS_MS;
  for (let times = 0; times < 2;) {
    while (!world.desktops.every(isAtRest)) {
      times = 0;
      if (world.broken.length > 0) return;
      if (world.clock.monotonic() > until) return tellWhoIsNot(world);
      for (const desktop of world.desktops) people.signInAgain(desktop);
      await world.advance(1_000);
    }
    times++;
    if (times < 2) await world.advance(REST_MS);
  }
}

function tellWhoIsNot(world: World): void {
  for (const desktop of world.desktops) {
    const team = desktop.team?.team;
    if (!isAtRest(desktop))
      world.breaks(
        `liveness: ${desktop.name} is ${JSON.stringify(team?.wire)} with ${JSON.stringify(team?.outbox)}`,
      );
  }
}

async function judge(world: World): Promise<readonly string[]> {
  const seen: string[] = [];
  const relayNow = readRelay(world.relay.storePath);
  for (const desktop of world.desktops) {
    for (let tries = 0; tries < 50; tries++) {
      const found = await desktop.compareWindow();
      seen.push(...(found ?? []).map((words) => `bridge: ${words}`));
      if (found) break;
      await world.advance(7);
    }
    seen.push(...outside(desktop).map((words) => `${desktop.name}: ${words}`));
    for (const channel of desktop.channels())
      if (channel.isJoined) seen.push(...(await lookAt(world, desktop, channel.id, relayNow)));
  }
  world.relay.kill(true);
  for (const desktop of world.desktops) desktop.kill(true);
  const relay = readRelay(world.relay.storePath);
  const desktops = world.desktops.map(({ name, dataFolder }) => readDesktop(name, dataFolder));
  return [
    ...world.broken,
    ...seen,
    ...implausibleTimes(relay, world.clock.now()),
    ...violations({ history: world.history, relay, desktops }, { ...PROMISES, heldWhole }),
  ];
}

/** Times that no clock of a working relay can have shown: the run lasts hours, and is about now. */
function implausibleTimes(relay: RelayRead, now: number): readonly string[] {
  const farMs = DEFAULT_LIMITS.clockFarMs;
  return [...relay.feeds].flatMap(([feed, { events }]) =>
    events
      .filter(({ at }) => at > now + farMs)
      .map(({ seq, at }) => `${feed} ${seq} is from ${new Date(at).toISOString()}`),
  );
}

/** What the system shows of a desktop outside its window, and what it thinks of who is there, when everybody is. */
function outside({ host, team, channels }: DesktopNode): readonly string[] {
  const mentions = channels().reduce(
    (sum, channel) => sum + (channel.isJoined && channel.level !== 'none' ? channel.mentions : 0),
    0,
  );
  const hasUnread = channels().some(({ isJoined, unread }) => isJoined && unread > 0);
  const found: string[] = [];
  if (host.badge.count !== mentions || host.badge.hasUnread !== hasUnread) {
    found.push(
      `the badge shows ${JSON.stringify(host.badge)}, the window ${mentions} mentions and ${hasUnread ? 'something' : 'nothing'} unread`,
    );
  }
  const me = team?.team.me ?? '';
  if ((team?.presence[me] ?? 'gone') === 'gone') found.push('its own member is shown as gone');
  return found;
}

/** Opens the channel at its live end and reads up to its beginning, as a person would; holds what is drawn against the relay's feed. */
async function lookAt(
  world: World,
  desktop: DesktopNode,
  channel: string,
  relay: RelayRead,
): Promise<readonly string[]> {
  const team = desktop.state?.teamOrder[0] ?? '';
  await desktop.call('timeline.open', { team, channel, at: 'end' });
  await world.advance(40);
  const { drawn } = foldChannel(relay.feeds.get(`channel/${channel}`)?.events ?? []);
  const found: string[] = [];
  for (let steps = 0; steps < 200; steps++) {
    const timeline = desktop.state?.timeline;
    if (timeline?.channel !== channel)
      return [`window of ${desktop.name}: ${channel} does not open`];
    found.push(...noSilentGap(timeline.rows, drawn));
    const hole = timeline.rows.findLast((row) => row.type === 'hole');
    if (hole?.type === 'hole')
      await world.wait(desktop.call('timeline.fill', { from: hole.from, to: hole.to }));
    else if (timeline.hasOlder) await world.wait(desktop.call('timeline.older', {}));
    else {
      found.push(...showsAll(timeline, drawn));
      break;
    }
    await world.advance(40);
  }
  return found.map((words) => `window of ${desktop.name} in ${channel}: ${words}`);
}
