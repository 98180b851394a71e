/**
 * How far a line over HTTP has heard each feed, from the frames that passed, so that the next request can go on from there; and who was
 * there, so that those who left between two requests are told as gone.
 */
import type { EventsRequest } from '../../../protocol/doors.ts';
import type { Presence } from '../../../protocol/entities.ts';
import type { Hello } from '../../../protocol/frames-up.ts';
import type { Position } from '../../../protocol/feeds.ts';
import {
  memberFeed,
  TEAM_FEED,
  type Epoch,
  type FeedId,
  type MemberId,
} from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';

type HeldEvent = Pick<Position, 'seq' | 'at'>;

/** The frames that move a position, by what is read of them here. */
type Moving =
  | {
      readonly t: 'welcome';
      readonly epoch: Epoch;
      readonly isResumed: boolean;
      readonly member: MemberId;
    }
  | { readonly t: 'page'; readonly feed: FeedId; readonly events: readonly HeldEvent[] }
  | {
      readonly t: 'events';
      readonly feed: FeedId;
      readonly events: readonly HeldEvent[];
    }
  | ({ readonly t: 'team-state' | 'member-state' } & HeldEvent)
  | { readonly t: 'presence'; readonly members: Readonly<Record<string, Presence>> };

export class HeardSoFar {
  /** One that moved has no proof any more: the session has it, and begins the next line with it. */
  readonly #positions = new Map<FeedId, Position>();
  #epoch: Epoch | null = null;
  #me: MemberId | undefined;
  #isNew = true;
  readonly #present = new Set<string>();

  get isWelcomed(): boolean {
    return this.#me !== undefined;
  }

  begin({ epoch, positions }: Hello): void {
    this.#epoch = epoch;
    for (const [feed, position] of Object.entries(positions))
      this.#positions.set(feed as FeedId, position);
  }

  /** A request begins that will tell anew who is there. */
  beginAgain(): void {
    this.#isNew = true;
  }

  request(hello: Hello): Pick<EventsRequest, 'hello' | 'more' | 'isGoingOn'> {
    const all = [...this.#positions];
    const most = DEFAULT_LIMITS.helloPositions;
    const more = all
      .slice(most, most + DEFAULT_LIMITS.doorPositions)
      .map(([feed, { seq, at }]) => [feed, { seq, at }] as const);
    return {
      hello: { ...hello, epoch: this.#epoch, positions: Object.fromEntries(all.slice(0, most)) },
      ...(more.length === 0 ? {} : { more: Object.fromEntries(more) }),
      isGoingOn: this.isWelcomed,
    };
  }

  /** @param isWhole  presence comes as all who are there
   *  @returns the frame as the line should tell it; undefined when it is none */
  take(line: string, isWhole: boolean): string | undefined {
    const frame = movingOf(line);
    switch (frame?.t) {
      case undefined:
        return undefined;
      case 'welcome':
        if (this.#epoch !== frame.epoch || !frame.isResumed) this.#positions.clear();
        this.#epoch = frame.epoch;
        this.#me = frame.member;
        return line;
      case 'page':
      case 'events':
        // An empty page leaves the position where it was.
        this.#move(frame.feed, frame.events.at(-1));
        return line;
      case 'team-state':
        this.#move(TEAM_FEED, frame);
        return line;
      case 'member-state':
        if (this.#me !== undefined) this.#move(memberFeed(this.#me), frame);
        return line;
      case 'presence':
        return this.#presence(frame.members, line, isWhole);
      default:
        return line;
    }
  }

  #move(feed: FeedId, event: HeldEvent | undefined): void {
    if (event) this.#positions.set(feed, { seq: event.seq, at: event.at });
  }

  #presence(members: Readonly<Record<string, Presence>>, line: string, isWhole: boolean): string {
    const isAll = isWhole || this.#isNew;
    this.#isNew = false;
    const gone = isAll
      ? [...this.#present].filter((member) => !Object.hasOwn(members, member))
      : [];
    for (const member of gone) this.#present.delete(member);
    for (const [member, presence] of Object.entries(members)) {
      if (presence === 'gone') this.#present.delete(member);
      else this.#present.add(member);
    }
    if (gone.length === 0) return line;
    return JSON.stringify({
      t: 'presence',
      members: { ...Object.fromEntries(gone.map((member) => [member, 'gone'])), ...members },
    });
  }
}

function movingOf(line: string): Moving | undefined {
  try {
    return (JSON.parse(line) as Moving | null) ?? undefined;
  } catch {
    return undefined;
  }
}
