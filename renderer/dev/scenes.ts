/**
 * The scenes of the development page: the demo team in every state the window has to draw. Chosen
 * by `?scene=`.
 */
import type {
  MessageRow,
  TeamState,
  TimelineRow,
  UnsentView,
  WindowState,
} from '../../electron/bridge/views.ts';
import { demoWorld, emptyTeam, TEAM, type DemoOptions } from './demo-world.ts';
import { KEY, OTHER_KEY } from './demo-keys.ts';
import { message, type FakeWorld } from './fake-core.ts';

type Scene = (now: number) => FakeWorld;

const withTeam = (world: FakeWorld, change: (team: TeamState) => TeamState): FakeWorld => {
  const team = world.state.teams[TEAM];
  if (!team) throw new Error('the demo world has no team');
  return {
    ...world,
    state: { ...world.state, teams: { ...world.state.teams, [TEAM]: change(team) } },
  };
};
const withWire = (world: FakeWorld, wire: TeamState['team']['wire'], waiting = 0): FakeWorld =>
  withTeam(world, (team) => ({
    ...team,
    team: { ...team.team, wire, outbox: { waiting, failed: 0 } },
    // Without a line nobody is known to be here or to type; the core forgets both when it loses it.
    ...(wire.state === 'live' ? {} : { presence: {}, typing: {} }),
  }));
const withRows = (
  world: FakeWorld,
  change: (rows: readonly TimelineRow[]) => readonly TimelineRow[],
): FakeWorld => ({
  ...world,
  history: new Map(
    [...world.history].map(([key, rows]) => [key, key === `${TEAM}/launch` ? change(rows) : rows]),
  ),
});
const read = (world: FakeWorld): FakeWorld =>
  withTeam(world, (team) => {
    const { launch } = team.channels;
    return launch
      ? {
          ...team,
          channels: {
            ...team.channels,
            launch: { ...launch, readSeq: launch.head, unread: 0, mentions: 0 },
          },
        }
      : team;
  });
const alone = (world: FakeWorld, change: Partial<WindowState>): FakeWorld => ({
  ...world,
  state: { ...world.state, ...change },
});

const pending = (
  now: number,
  key: string,
  text: string,
  delivery: MessageRow['delivery'],
): MessageRow => ({
  ...message({ id: key, seq: 0, author: 'priya', at: now, text }),
  order: 1e12 + key.length,
  seq: null,
  delivery,
});

const unsentText = (at: number, key: string, more: Partial<UnsentView> = {}): UnsentView => ({
  key,
  kind: 'draft',
  channel: key.split('/')[1] ?? '',
  name: { kind: 'private', name: 'harbour-plans', people: [] },
  where: 'gone',
  message: null,
  isDeleted: false,
  excerpt: `What I wanted to say about pier ${key.length}, and what it would cost.`,
  at,
  why: null,
  ...more,
});
const unsentTexts = (now: number): readonly UnsentView[] => [
  unsentText(now - 3 * 60_000, 'message/a', {
    kind: 'message',
    channel: 'launch',
    name: { kind: 'public', name: 'launch', people: [] },
    where: 'here',
    message: 'a',
    excerpt: 'This one was refused for good.',
    why: 'not-allowed',
  }),
  unsentText(now - 20 * 60_000, 'message/b', {
    kind: 'message',
    channel: 'gone',
    message: 'b',
    excerpt: '碼頭三號的報價我今天下午會更新，先不要對外發布。這一則在移出頻道之前還沒有送出去。',
  }),
  unsentText(now - 3_600_000, 'draft/gone'),
  unsentText(now - 86_400_000, 'draft/old', {
    where: 'archived',
    name: { kind: 'public', name: 'a-channel-with-quite-a-long-name-2024-archive', people: [] },
    excerpt: 'averyveryverylongwordwithoutanyspaces'.repeat(6),
  }),
  unsentText(now - 2 * 86_400_000, 'draft/direct', {
    name: { kind: 'direct', name: '', people: ['Mateo Alvarez'] },
    where: 'left',
    excerpt: 'النسخة الجديدة من التقرير جاهزة',
  }),
  unsentText(now - 3 * 86_400_000, 'edit/launch/m2', {
    kind: 'edit-draft',
    channel: 'launch',
    where: 'here',
    message: 'm2',
    isDeleted: true,
    excerpt: 'The edit of a message that was deleted meanwhile.',
  }),
];
const withUnsent = (world: FakeWorld, entries: readonly UnsentView[]): FakeWorld =>
  withTeam(world, (team) => ({
    ...team,
    unsent: Object.fromEntries(entries.map((one) => [one.key, one])),
  }));

const demo =
  (options: Omit<DemoOptions, 'now'> = {}): Scene =>
  (now) =>
    demoWorld({ now, ...options });

export const SCENES = {
  team: demo(),
  read: (now) => read(demoWorld({ now })),
  long: demo({ older: 600 }),
  'long-read': (now) => read(demoWorld({ now, older: 600 })),
  // A minute apart: pages begin in the middle of a group, and most of the day before has the same
  // date.
  thousand: (now) => read(demoWorld({ now, older: 1_000, olderMinutes: 1 })),
  'thousand-offline': (now) =>
    withWire(read(demoWorld({ now, older: 1_000, olderMinutes: 1 })), {
      state: 'offline',
      retryAt: now + 30_000,
      attempt: 3,
    }),
  crowd: demo({ members: 10_000 }),
  welcome: (now) => alone(demoWorld({ now }), { teams: {}, teamOrder: [] }),
  'welcome-no-host': (now) => {
    const world = demoWorld({ now });
    return alone(world, {
      teams: {},
      teamOrder: [],
      app: { ...world.state.app, canHostTeam: false },
    });
  },
  'empty-team': (now) =>
    alone(demoWorld({ now }), {
      teams: { [TEAM]: emptyTeam(TEAM, 'Tidewater Works') },
      teamOrder: [TEAM],
    }),
  'empty-channel': (now) => withRows(read(demoWorld({ now })), (rows) => rows.slice(0, 1)),
  'as-member': (now) => {
    const world = read(demoWorld({ now }));
    const team = world.state.teams[TEAM];
    const mayInvite = { days: 7, uses: 25 };
    if (!team) return world;
    return alone(world, {
      teams: {
        ...world.state.teams,
        [TEAM]: { ...team, team: { ...team.team, role: 'member', mayInvite } },
      },
    });
  },
  connecting: (now) => withWire(demoWorld({ now }), { state: 'connecting', attempt: 1 }),
  'catching-up': (now) =>
    withWire(demoWorld({ now }), {
      state: 'live',
      rttMs: 12,
      node: 'two',
      isCatchingUp: true,
      door: 'socket',
    }),
  impatient: (now) =>
    withWire(demoWorld({ now }), {
      state: 'live',
      rttMs: 3,
      node: 'one',
      isCatchingUp: false,
      door: 'socket',
      impatience: { cutAfterMs: 15_012, pingEveryMs: 7_000 },
    }),
  reconnecting: (now) =>
    withWire(demoWorld({ now }), { state: 'reconnecting', retryAt: now + 4_000, attempt: 2 }),
  offline: (now) =>
    withRows(
      withWire(
        read(demoWorld({ now })),
        { state: 'offline', retryAt: now + 30_000, attempt: 9 },
        3,
      ),
      (rows) => [
        ...rows,
        pending(now, 'a', 'On it, ten minutes.', { state: 'sending', isWaiting: true }),
        pending(now, 'bb', 'The table is back in, smaller.', { state: 'sending', isWaiting: true }),
        pending(now, 'ccc', '也更新了中文版。', { state: 'sending', isWaiting: true }),
      ],
    ),
  delivery: (now) =>
    withRows(read(demoWorld({ now })), (rows) => [
      ...rows,
      pending(now, 'a', 'On it, ten minutes.', { state: 'sending', isWaiting: false }),
      pending(now, 'bb', 'This one was refused for good.', { state: 'failed', why: 'not-allowed' }),
    ]),
  'not-sent': (now) => withUnsent(read(demoWorld({ now })), unsentTexts(now)),
  'not-sent-many': (now) =>
    withUnsent(
      read(demoWorld({ now })),
      Array.from({ length: 10_000 }, (_, n) => unsentText(now - n * 60_000, `draft/gone-${n}`)),
    ),
  'key-changed': (now) =>
    withWire(demoWorld({ now }), {
      state: 'stopped',
      why: 'key-changed',
      expectedKey: KEY,
      seenKey: OTHER_KEY,
    }),
  'session-ended': (now) =>
    withWire(demoWorld({ now }), { state: 'stopped', why: 'session-ended' }),
  version: (now) => withWire(demoWorld({ now }), { state: 'stopped', why: 'version' }),
  hole: (now) =>
    withRows(
      withWire(read(demoWorld({ now })), { state: 'offline', retryAt: now + 30_000, attempt: 3 }),
      (rows) => [
        ...rows.slice(0, 6),
        { type: 'hole', key: 'hole', order: (rows[6]?.order ?? 7) - 0.5, from: 7, to: 8 },
        ...rows.slice(8),
      ],
    ),
  tombstone: (now) =>
    withRows(read(demoWorld({ now })), (rows) =>
      rows.map((row) =>
        row.key === 'm9' && row.type === 'message' ? { ...row, text: '', isDeleted: true } : row,
      ),
    ),
  scripts: (now) =>
    withRows(read(demoWorld({ now })), (rows) => [
      ...rows,
      ...SCRIPTS.map(([author, text], at) =>
        message({ id: `s${at}`, seq: 100 + at, author, at: now - 60_000, text }),
      ),
    ]),
  notices: (now) =>
    alone(demoWorld({ now }), {
      notices: [
        { id: 'n1', kind: 'notification-failed' },
        { id: 'n2', kind: 'secrets-unprotected' },
      ],
    }),
} as const satisfies Readonly<Record<string, Scene>>;
export type SceneName = keyof typeof SCENES;

const SCRIPTS: readonly (readonly [string, string])[] = [
  [
    'omar',
    'صباح الخير، النسخة الجديدة من **التقرير** جاهزة: https://example.com/report?x=1 — من يراجعها؟',
  ],
  ['omar', 'mixed: النص العربي with English and `code` in one line'],
  ['ada', 'averyveryverylongwordwithoutanyspaces'.repeat(12)],
  ['mateo', `Z${'\u0335\u0321\u0353\u0301\u0302'.repeat(40)}algo stays in its line`],
  ['yuki', '明日の打ち合わせは十時からです。骨・直・判 は日本の字形で。'],
  ['lin', '骨、直、判、關 應以臺灣字形顯示。**重點：**請看附件。'],
  [
    'ada',
    '<script>alert(1)</script> <img src=x onerror=alert(1)> [click](javascript:alert(1)) ![pic](https://example.com/a.png)',
  ],
  [
    'mateo',
    '- [x] done\n- [ ] not yet\n  - nested\n\n# A heading\n\n---\n\n***both*** ~~gone~~ www.example.com and me@example.com',
  ],
];
