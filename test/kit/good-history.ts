/** One good history, which the tests of the checkers spoil in one way each. */
import type { FeedEvent } from '../../protocol/feeds.ts';
import type { Mutation } from '../../protocol/frames-up.ts';
import type { DesktopRead, HeldChannel, HeldMessage } from './desktop-read.ts';
import type { Evidence } from './evidence.ts';
import { createHistory, type Moment } from './history.ts';
import type { RelayRead } from './relay-read.ts';

export const FEED = 'channel/general';

/** A history, and what is found in the end: for a test to change. */
export interface Draft {
  moments: Moment[];
  events: FeedEvent[];
  relay: RelayRead;
  ada: DesktopRead;
  ben: DesktopRead;
}

export const posted = (seq: number, by: string, id: string, text: string): FeedEvent =>
  ({ seq, at: 1_000 + seq, by, kind: 'posted', id, text }) as FeedEvent;
/** An Enter, what it asked of the relay, and what the relay said. */
export const post = (member: string, id: string, text: string, seq: number): Moment[] => [
  { kind: 'entered', member, computer: `${member}-pc`, channel: 'general', message: id, text },
  { kind: 'asked', member, frame: { t: 'post', op: id, channel: 'general', text } as Mutation },
  { kind: 'acked', member, op: id, feed: FEED, seq },
];
export const held = (seq: number, author: string, id: string, text: string): HeldMessage => ({
  id,
  seq,
  author,
  at: 1_000 + seq,
  text,
  editedAt: null,
  isDeleted: false,
});

/** Ada said hello to Ben, he answered and corrected himself, she deleted a slip of hers. Ben has read one message. */
export function good(): Draft {
  const events = [
    {
      seq: 1,
      at: 1_001,
      by: 'ada',
      kind: 'created',
      channel: {},
      members: ['ada', 'ben'],
    } as unknown as FeedEvent,
    posted(2, 'ada', 'm1', 'hello @ben'),
    { ...posted(3, 'ben', 'm2', 'hello again'), edited: { seq: 4, at: 1_004 } } as FeedEvent,
    { seq: 4, at: 1_004, by: 'ben', kind: 'edited', id: 'm2', text: 'hello again' } as FeedEvent,
    { seq: 5, at: 1_005, by: 'ada', kind: 'redacted', id: 'm3', was: 'posted' } as FeedEvent,
    { seq: 6, at: 1_006, by: 'ada', kind: 'deleted', id: 'm3' } as FeedEvent,
  ];
  const moments: Moment[] = [
    ...post('ada', 'm1', 'hello @ben', 2),
    ...post('ben', 'm2', 'hello', 3),
    { kind: 'revised', member: 'ben', message: 'm2', text: 'hello again' },
    {
      kind: 'asked',
      member: 'ben',
      frame: {
        t: 'edit',
        op: 'o4',
        channel: 'general',
        message: 'm2',
        text: 'hello again',
      } as Mutation,
    },
    { kind: 'acked', member: 'ben', op: 'o4', feed: FEED, seq: 4 },
    ...post('ada', 'm3', 'a slip', 5),
    { kind: 'told', computer: 'ben-pc', feed: FEED, event: posted(5, 'ada', 'm3', 'a slip') },
    { kind: 'deleted', member: 'ada', message: 'm3' },
    {
      kind: 'asked',
      member: 'ada',
      frame: { t: 'delete', op: 'o6', channel: 'general', message: 'm3' } as Mutation,
    },
    { kind: 'acked', member: 'ada', op: 'o6', feed: FEED, seq: 6 },
    { kind: 'toast', computer: 'ben-pc', message: 'm1' },
  ];
  const facts = {
    id: 'general',
    kind: 'public',
    name: 'general',
    topic: '',
    isArchived: false,
    createdAt: 1,
    createdBy: 'ada',
    seq: 1,
  };
  const relay = {
    epoch: 'e1',
    feeds: new Map([[FEED, { head: 6, events }]]),
    channels: new Map([
      [
        'general',
        {
          facts,
          roster: new Map([
            ['ada', { readSeq: 6, level: 'all' }],
            ['ben', { readSeq: 1, level: 'mentions' }],
          ]),
        },
      ],
    ]),
    members: new Map(
      ['ada', 'ben'].map((id) => [
        id,
        { id, handle: id, name: id, role: 'member', isActive: true, joinedAt: 1 },
      ]),
    ),
    revisions: new Map([['m2', ['hello']]]),
    damage: [],
  } as unknown as RelayRead;
  const desktop = (
    member: string,
    seat: { readSeq: number; level: string; unread: number; mentions: number },
  ): DesktopRead => ({
    computer: `${member}-pc`,
    member,
    epoch: 'e1',
    channels: new Map([
      [
        'general',
        {
          id: 'general',
          isJoined: true,
          name: 'general',
          topic: '',
          isArchived: false,
          held: [{ from: 1, to: 6 }],
          head: 6,
          ...seat,
          messages: [
            held(2, 'ada', 'm1', 'hello @ben'),
            { ...held(3, 'ben', 'm2', 'hello again'), editedAt: 1_004 },
            { ...held(5, 'ada', 'm3', ''), isDeleted: true, editedAt: 77 },
          ],
        },
      ],
    ]),
    members: new Map(
      ['ada', 'ben'].map((id) => [id, { name: id, role: 'member', isActive: true }]),
    ),
    outbox: [],
    sent: [],
    drafts: new Map(),
    damage: [],
  });
  return {
    moments,
    events,
    relay,
    ada: desktop('ada', { readSeq: 6, level: 'all', unread: 0, mentions: 0 }),
    ben: desktop('ben', { readSeq: 1, level: 'mentions', unread: 1, mentions: 1 }),
  };
}

export const evidence = ({ moments, relay, ada, ben }: Draft): Evidence => ({
  history: createHistory(moments),
  relay,
  desktops: [ada, ben],
});
export const general = (
  desktop: DesktopRead,
): { -readonly [K in keyof HeldChannel]: HeldChannel[K] } =>
  desktop.channels.get('general') as HeldChannel;
