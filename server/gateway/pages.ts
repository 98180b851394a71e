/**
 * Pages as they travel, encoded once. When a thousand clients come back after a restart they ask for the same pages within the same
 * second; each is read and framed once and the bytes are shared. A page is forgotten after a second at most, and at once when an event
 * in it was edited or deleted. One that was the end of its feed when it was read is not given to who has heard of more since.
 */
import type { Channel } from '../../protocol/entities.ts';
import type { Proof } from '../../protocol/feeds.ts';
import { feedName, memberFeed, TEAM_FEED, type FeedId, type MemberId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { readMember, readTeam } from '../domain/questions.ts';
import type { Clock } from '../ports/clock.ts';
import type { Page, Store, StoreReads } from '../ports/store.ts';
import { Packet } from './packet.ts';
import type { PositionProofs } from './position-proofs.ts';

export interface PagePacket {
  readonly packet: Packet;
  /** The highest seq that the client holds after this. */
  readonly to: number;
  readonly head: number;
}

interface Remembered {
  /** The feed's head as far as this node had heard when the reading began. */
  readonly heard: number;
  readonly made: Promise<PagePacket>;
  /** Once it is read. */
  page?: PagePacket;
}

export interface PagesParts {
  readonly store: Store;
  readonly proofs: PositionProofs;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** Enough to fill a screen and scroll a little: for channels that are not on screen and start from nothing. */
const GLANCE_EVENTS = 50;
/** All remembered pages together; a bound, they are gone in a second anyway. */
const KEPT_MS = 1_000;
const MAX_REMEMBERED_BYTES = 32 * 1024 * 1024;

export class Pages {
  readonly #parts: PagesParts;
  readonly #byFeed = new Map<FeedId, Map<string, Remembered>>();
  #bytes = 0;
  #since = 0;

  constructor(parts: PagesParts) {
    this.#parts = parts;
  }

  /** The oldest events after `position` that fit a page. */
  after(feed: FeedId, position: number, heard: number): Promise<PagePacket> {
    return this.#remember(feed, `after ${position}`, heard, async () => {
      const { store, proofs, limits } = this.#parts;
      const span = { from: position + 1, to: Number.MAX_SAFE_INTEGER };
      const page = await store.pageUp(feed, span, {
        events: limits.pageEvents,
        bytes: limits.pageBytes,
      });
      // Nothing new after all: the client stands where it stood.
      return {
        packet: new Packet(pageText(page, proofs)),
        to: Math.max(page.to, position),
        head: page.head,
      };
    });
  }

  /** The newest events, with what the channel is by now: for a client whose own end of the feed is far away. */
  newest(feed: FeedId, isOnScreen: boolean, heard: number): Promise<PagePacket> {
    return this.#remember(feed, isOnScreen ? 'newest' : 'glance', heard, async () => {
      const { store, proofs, limits } = this.#parts;
      const head = await store.head(feed);
      const channel = await this.#channel(feed, head);
      const events = isOnScreen ? limits.pageEvents : Math.min(GLANCE_EVENTS, limits.pageEvents);
      const page = await store.page(
        feed,
        { from: 1, to: Number.MAX_SAFE_INTEGER },
        { events, bytes: limits.pageBytes },
      );
      return {
        packet: new Packet(pageText(page, proofs, { channel })),
        to: page.head,
        head: page.head,
      };
    });
  }

  /** The directory as of now. */
  team(heard: number): Promise<PagePacket> {
    return this.#remember(TEAM_FEED, 'state', heard, async () => {
      const state = await readTeam(this.#parts.store);
      if (!state) throw new Error('a member asks, but there is no team');
      const { store, proofs } = this.#parts;
      const where = await placeOf(store, proofs, TEAM_FEED, state.seq);
      return {
        packet: new Packet(JSON.stringify({ t: 'team-state', ...where, ...state })),
        to: state.seq,
        head: state.seq,
      };
    });
  }

  /** The member's own channels as of now. Nobody else asks for these, so they are not kept. */
  async member(member: MemberId): Promise<PagePacket> {
    const state = await readMember(this.#parts.store, member);
    const { store, proofs } = this.#parts;
    const where = await placeOf(store, proofs, memberFeed(member), state.seq);
    return {
      packet: new Packet(JSON.stringify({ t: 'member-state', ...where, ...state })),
      to: state.seq,
      head: state.seq,
    };
  }

  /**
   * Whatever a client at `position` (or at none) needs next of this feed.
   * @param heard  the feed's head as this node knows it: what is answered was read after it was there
   */
  next(
    feed: FeedId,
    position: number | undefined,
    who: MemberId,
    isOnScreen: boolean,
    heard: number,
  ): Promise<PagePacket> {
    if (position !== undefined) return this.after(feed, position, heard);
    if (feed === TEAM_FEED) return this.team(heard);
    return feed === memberFeed(who) ? this.member(who) : this.newest(feed, isOnScreen, heard);
  }

  /** Another history has begun. */
  forgetAll(): void {
    this.#byFeed.clear();
    this.#bytes = 0;
  }

  /** What was read of this feed is out of date, or will not be heard to be. */
  forget(feed: FeedId): void {
    this.#byFeed.delete(feed);
  }

  /** Lets go of what is older than a second. */
  tend(): void {
    const now = this.#parts.clock.monotonic();
    if (now - this.#since < KEPT_MS) return;
    this.#since = now;
    this.forgetAll();
  }

  async #channel(feed: FeedId, seq: number): Promise<Channel | undefined> {
    const name = feedName(feed);
    const channel =
      name.kind === 'channel' ? await this.#parts.store.channel(name.channel) : undefined;
    return channel && { ...channel, seq };
  }

  #remember(
    feed: FeedId,
    what: string,
    heard: number,
    make: () => Promise<PagePacket>,
  ): Promise<PagePacket> {
    this.tend();
    let pages = this.#byFeed.get(feed);
    if (!pages) this.#byFeed.set(feed, (pages = new Map<string, Remembered>()));
    const known = pages.get(what);
    if (known && reaches(known, heard)) return known.made;
    const fresh: Remembered = { heard, made: make() };
    pages.set(what, fresh);
    const among = pages;
    fresh.made.then(
      (page) => {
        fresh.page = page;
        this.#bytes += page.packet.text.length;
        if (this.#bytes > MAX_REMEMBERED_BYTES) this.forgetAll();
      },
      () => among.get(what) === fresh && among.delete(what),
    );
    return fresh.made;
  }
}

/** A full page stays what it is; the last one of its feed grows with it. */
function reaches({ heard, page }: Remembered, needed: number): boolean {
  return heard >= needed || (page !== undefined && (page.to < page.head || page.head >= needed));
}

/** The event that a state is as of: when it happened, and a proof that it stands there. */
export async function placeOf(
  store: Pick<StoreReads, 'marks'>,
  proofs: PositionProofs,
  feed: FeedId,
  seq: number,
): Promise<{ readonly at: number; readonly proof?: Proof }> {
  const mark = (await store.marks(new Map([[feed, seq]]))).get(feed);
  return mark ? { at: mark.at, proof: proofs.prove(feed, seq, mark) } : { at: 0 };
}

/** A page as text; its events are text already. */
export function pageText(
  page: Page,
  proofs: PositionProofs,
  more: { readonly req?: number; readonly channel?: Channel | undefined } = {},
): string {
  const req = more.req === undefined ? '' : `"req":${more.req},`;
  const channel = more.channel === undefined ? '' : `,"channel":${JSON.stringify(more.channel)}`;
  const { feed, from, to, head, mark } = page;
  const proof = mark === undefined ? '' : `,"proof":"${proofs.prove(feed, to, mark)}"`;
  const events = page.events.map((event) => event.json).join(',');
  return `{"t":"page",${req}"feed":"${feed}","from":${from},"to":${to},"head":${head},"events":[${events}]${proof}${channel}}`;
}
