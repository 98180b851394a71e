/** The team of the pictures: Tidewater Works, its people and channels, and what was said in them. */
import type {
  ChannelView,
  MemberView,
  MessageRow,
  PresenceView,
  TeamState,
  TimelineRow,
  WindowState,
} from '../../electron/bridge/views.ts';
import { newChannel } from './fake-channels.ts';
import { message, type FakeWorld } from './fake-core.ts';
import { KEY } from './demo-keys.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
export const TEAM = 'tw';

const member = (
  id: string,
  handle: string,
  name: string,
  role: MemberView['role'] = 'member',
  isActive = true,
): MemberView => ({
  id,
  handle,
  name,
  role,
  isActive,
  // All at once: who has which colour follows from the ids.
  joinedAt: 0,
});

export const PEOPLE: readonly MemberView[] = [
  member('priya', 'priya', 'Priya N.', 'owner'),
  member('lin', '佳穎', '林佳穎', 'admin'),
  member('mateo', 'mateo', 'Mateo Ruiz'),
  member('ada', 'ada.okafor', 'Ada Okafor'),
  member('omar', 'عمر', 'عمر الفاروق'),
  member('yuki', 'yuki', '佐藤ゆき'),
  member('wen', 'wen', 'Wen-Ting Chao', 'guest'),
  member('sven', 'sven', 'Sven Lindqvist', 'member', false),
];

const PRESENCE: Readonly<Record<string, PresenceView>> = {
  priya: 'here',
  lin: 'here',
  mateo: 'here',
  ada: 'away',
  yuki: 'dnd',
};

interface Line {
  readonly by: string;
  /** Minutes before now. */
  readonly ago: number;
  readonly text: string;
  readonly more?: Partial<MessageRow>;
}

const CODE = `The relay on the plant floor has been up for **41 days**. Here is what the watchdog does when the uplink drops:

\`\`\`ts
for await (const event of stream.since(cursor)) {
  cache.apply(event)            // in one transaction
}
\`\`\``;

export const LAUNCH: readonly Line[] = [
  {
    by: 'ada',
    ago: 2 * 24 * 60 + 200,
    text: 'Freeze is on the **14th**. After that only fixes:\n\n1. installers on all three systems\n2. the restore drill, timed\n3. release notes in both languages',
  },
  { by: 'mateo', ago: 2 * 24 * 60 + 190, text: 'I take 1 and 2.' },
  {
    by: 'lin',
    ago: 24 * 60 + 300,
    text: '版本說明的中文部分我來寫。上次的格式在 https://example.com/notes/2026-02，先沿用可以嗎？',
  },
  { by: 'priya', ago: 24 * 60 + 297, text: 'Yes please. Same structure, one page at most.' },
  { by: 'yuki', ago: 24 * 60 + 120, text: 'インストーラーの署名は明日の朝に確認します。' },
  {
    by: 'ada',
    ago: 24 * 60 + 118,
    text: '> one page at most\n\nIt is one page and a half now. I cut the table:\n\n| System | Size | Signed |\n|:--|--:|:-:|\n| Linux | 84 MB | yes |\n| macOS | 91 MB | yes |\n| Windows | 88 MB | not yet |',
    more: { editedAt: 1 },
  },
  { by: 'mateo', ago: 25, text: CODE },
  { by: 'lin', ago: 13, text: '我剛把草稿放進 #design，請大家中午以前看一下 🙏' },
  { by: 'lin', ago: 12, text: '字體和間距都照新的規範調整過了。' },
  { by: 'mateo', ago: 11, text: 'Pulled the plug eleven times. Nothing lost.' },
  {
    by: 'ada',
    ago: 10,
    text: '@priya can you sign off the release notes before standup? Draft is in `docs/release.md`.',
    more: { mentionsMe: true },
  },
  { by: 'mateo', ago: 9, text: '🎉' },
];

export interface DemoOptions {
  readonly now: number;
  /** How many lines of older history the launch channel has. */
  readonly older?: number;
  /** So many minutes lie between them. */
  readonly olderMinutes?: number;
  /** How many members the team has; the named ones and as many made up as it takes. */
  readonly members?: number;
}

const history = (
  now: number,
  lines: readonly Line[],
  older: number,
  olderMinutes: number,
): TimelineRow[] => {
  const rows: TimelineRow[] = [
    {
      type: 'note',
      key: 'created',
      order: 1,
      seq: 1,
      at: now - 40 * DAY,
      by: 'priya',
      note: { kind: 'created' },
    },
    {
      type: 'note',
      key: 'joined',
      order: 2,
      seq: 2,
      at: now - 40 * DAY + MINUTE,
      by: 'mateo',
      note: { kind: 'joined', member: 'mateo' },
    },
  ];
  const authors = ['mateo', 'ada', 'lin', 'priya'];
  for (let at = 0; at < older; at++) {
    const author = authors[Math.floor(at / 3) % authors.length] ?? 'ada';
    const text = OLDER[at % OLDER.length] ?? '';
    rows.push(
      message({
        id: `old-${at}`,
        seq: 3 + at,
        author,
        at: now - 30 * DAY + at * olderMinutes * MINUTE,
        text: `${text} (${at + 1})`,
      }),
    );
  }
  lines.forEach((line, at) => {
    const seq = 3 + older + at;
    const row = message({
      id: `m${at}`,
      seq,
      author: line.by,
      at: now - line.ago * MINUTE,
      text: line.text,
    });
    rows.push({
      ...row,
      ...line.more,
      ...(line.more?.editedAt == null ? {} : { editedAt: row.at + 4 * MINUTE }),
    });
  });
  return rows;
};

const OLDER = [
  'Morning. The second sensor rack is wired, readings look sane.',
  '昨天的壓力測試通過了，報告放在共用資料夾。',
  'Could somebody look at the label printer on line 3? It prints everything twice.',
  'On it.',
  'A longer one, to see how it wraps: the supplier moved the delivery of the new enclosures to Thursday because the lorry broke down outside of the harbour, so we keep the old ones for the demo and swap them over the weekend when nobody is on the floor.',
  'Fine by me.',
  '```\nTEMP  71.4\nPRES   3.2\n```',
];

export function demoWorld({
  now,
  older = 0,
  olderMinutes = 37,
  members = PEOPLE.length,
}: DemoOptions): FakeWorld {
  const launch = history(now, LAUNCH, older, olderMinutes);
  const head = launch.at(-1)?.order ?? 0;
  const at = (minutes: number): number => now - minutes * MINUTE;
  const channels: readonly ChannelView[] = [
    newChannel('general', {
      lastAt: at(300),
      head: 1,
      readSeq: 1,
      topic: 'Everything that has no better place.',
    }),
    newChannel('launch', {
      head,
      readSeq: head - 2,
      unread: 2,
      mentions: 1,
      lastAt: at(9),
      topic: 'Everything for the March release. Freeze on the 14th.',
    }),
    newChannel('design', { head: 4, readSeq: 2, unread: 2, mentions: 2, lastAt: at(30) }),
    newChannel('talks', {
      name: '工程討論',
      head: 3,
      readSeq: 2,
      unread: 1,
      lastAt: at(45),
      topic: '每週二下午的工程會議',
    }),
    newChannel('board', { kind: 'private', head: 1, readSeq: 1, lastAt: at(6000) }),
    newChannel('plant-sensors', {
      head: 1,
      readSeq: 1,
      level: 'none',
      lastAt: at(2),
      hasDraft: true,
    }),
    newChannel('lunch', { isJoined: false, topic: 'Who goes where, and when.' }),
    newChannel('release-2025', { isArchived: true, topic: 'The one before.' }),
    newChannel('dm-lin', {
      kind: 'direct',
      name: '',
      with: ['lin'],
      head: 3,
      readSeq: 2,
      unread: 1,
      mentions: 1,
      lastAt: at(14),
    }),
    newChannel('dm-mateo', {
      kind: 'direct',
      name: '',
      with: ['mateo'],
      head: 2,
      readSeq: 2,
      lastAt: at(100),
    }),
    newChannel('dm-ada', {
      kind: 'direct',
      name: '',
      with: ['ada'],
      head: 1,
      readSeq: 1,
      lastAt: at(900),
    }),
    newChannel('group', {
      kind: 'group',
      name: '',
      with: ['mateo', 'ada', 'lin'],
      head: 1,
      readSeq: 1,
      lastAt: at(2000),
    }),
  ];
  const state: WindowState = {
    app: { version: '0.1.0', host: 'browser', os: 'linux', locale: 'en-GB', canHostTeam: true },
    settings: demoSettings,
    teamOrder: [TEAM, 'hx'],
    teams: {
      [TEAM]: {
        team: teamView(TEAM, 'Tidewater Works', {
          mentions: 4,
          hasUnread: true,
          isHostedHere: true,
        }),
        channels: byId(channels),
        unsent: {},
        members: byId(peopleOf(members)),
        presence: PRESENCE,
        typing: { launch: ['mateo', 'lin'] },
      },
      hx: {
        ...emptyTeam('hx', 'Harbour Exchange'),
        team: teamView('hx', 'Harbour Exchange', {
          mentions: 2,
          hasUnread: true,
          role: 'member',
          mayInvite: { days: 7, uses: 25 },
        }),
        channels: byId([
          newChannel('hx-general', {
            name: 'general',
            unread: 2,
            mentions: 2,
            head: 2,
            lastAt: at(3),
          }),
        ]),
      },
    },
    timeline: null,
    request: null,
    notices: [],
  };
  return {
    state,
    history: new Map([
      [`${TEAM}/launch`, launch],
      [
        `${TEAM}/talks`,
        [
          said('talks', 1, 'lin', at(60), '下週的示範誰要主持？'),
          said('talks', 3, 'yuki', at(45), '私がやります。'),
        ],
      ],
      [
        `${TEAM}/design`,
        [
          said('design', 3, 'ada', at(31), '@priya new icons are up'),
          said('design', 4, 'lin', at(30), '@priya 麻煩看一下'),
        ],
      ],
      [
        `${TEAM}/dm-lin`,
        [
          said('dm-lin', 1, 'priya', at(40), 'Lunch at noon?'),
          said('dm-lin', 3, 'lin', at(14), '好，老地方見'),
        ],
      ],
      [`${TEAM}/dm-mateo`, [said('dm-mateo', 2, 'mateo', at(100), 'Thanks for the review.')]],
      ['hx/hx-general', [said('hx', 2, 'priya', at(3), 'Hello over here.')]],
    ]),
    drafts: new Map([[`${TEAM}/plant-sensors`, 'Line 2 reads high since']]),
  };
}

const said = (channel: string, seq: number, author: string, at: number, text: string): MessageRow =>
  message({ id: `${channel}-${seq}`, seq, author, at, text });

const byId = <T extends { readonly id: string }>(all: readonly T[]): Record<string, T> =>
  Object.fromEntries(all.map((one) => [one.id, one]));

function peopleOf(count: number): readonly MemberView[] {
  const more = Array.from({ length: Math.max(0, count - PEOPLE.length) }, (_, at) =>
    member(`p${at}`, `person.${at}`, `Person ${at}`),
  );
  return [...PEOPLE, ...more];
}

const teamView = (
  id: string,
  name: string,
  more: Partial<TeamState['team']> = {},
): TeamState['team'] => ({
  id,
  name,
  address: 'relay.local:7420',
  fingerprint: KEY,
  me: 'priya',
  role: 'owner',
  wire: { state: 'live', rttMs: 3, node: 'one', isCatchingUp: false, door: 'socket' },
  outbox: { waiting: 0, failed: 0 },
  mentions: 0,
  hasUnread: false,
  isHostedHere: false,
  mayInvite: { days: 365, uses: 1_000 },
  memberInvites: { days: 7, uses: 25 },
  ...more,
});

export const emptyTeam = (id: string, name: string): TeamState => ({
  team: teamView(id, name),
  channels: {},
  unsent: {},
  members: byId(PEOPLE.slice(0, 1)),
  presence: { priya: 'here' },
  typing: {},
});

const demoSettings: WindowState['settings'] = {
  theme: 'system',
  language: 'system',
  density: 'comfortable',
  sendWith: 'enter',
  history: { days: 90, megabytes: 1024 },
  notifications: {
    isOn: true,
    hideContent: false,
    keywords: ['release', '發布'],
    mentionsBreakMute: true,
    ignoreChannelMentions: false,
    snoozeUntil: null,
    quietHours: [{ days: [1, 2, 3, 4, 5], from: 19 * 60, to: 7 * 60 + 30 }],
  },
};
