/** A client at any door of a real relay: the desktop's own carriers, told what to do by a test. */
import { decodeDown, encodeUp } from '../../protocol/codec.ts';
import type { Door } from '../../protocol/doors.ts';
import type { Down, DownFrame, DownFrameName } from '../../protocol/frames-down.ts';
import type { Hello, UpFrame } from '../../protocol/frames-up.ts';
import type { FeedId } from '../../protocol/ids.ts';
import { createRelayNet } from '../../electron/core/connection/relay-socket.ts';
import type { DialFault, RelaySocket, RelayTarget } from '../../electron/core/ports.ts';
import { systemClock } from '../../server/adapters/system-clock.ts';

export interface DoorClient {
  readonly frames: DownFrame[];
  readonly socket: RelaySocket;
  /** The code of the close, once there is one. */
  readonly closed: Promise<number>;
  readonly pongs: number;
  all<Name extends DownFrameName>(name: Name): Down<Name>[];
  say(frame: UpFrame): void;
  /** Resolves with the first frame of this kind that satisfies. Rejects when the line closes first. */
  heard<Name extends DownFrameName>(
    name: Name,
    is?: (frame: Down<Name>) => boolean,
  ): Promise<Down<Name>>;
  /** Resolves when `is` holds; looked at with each frame. */
  until(is: () => boolean): Promise<void>;
}

const net = createRelayNet({ clock: systemClock });

export const HELLO: Hello = {
  t: 'hello',
  versions: { min: 1, max: 1 },
  epoch: null,
  positions: {},
  focus: null,
  presence: 'here',
};

export async function dialDoor(
  door: Door,
  target: RelayTarget,
  token: string,
): Promise<DoorClient | DialFault> {
  const frames: DownFrame[] = [];
  const waiting = new Set<() => void>();
  const { promise: closed, resolve: close } = Promise.withResolvers<number>();
  let pongs = 0;
  let code: number | undefined;
  const look = (): void => {
    for (const one of [...waiting]) one();
  };
  const dialed = await net.dial(
    target,
    token,
    {
      onText: (text) => {
        const frame = decodeDown(text);
        if (!frame) throw new Error(`no frame: ${text}`);
        frames.push(frame);
        look();
      },
      onPong: () => {
        pongs++;
        look();
      },
      onClose: (with_) => {
        code = with_;
        close(with_);
        look();
      },
    },
    door,
  );
  if (!dialed.ok) return dialed.error;
  const until = (is: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!is() && code === undefined) return;
        waiting.delete(check);
        if (is()) resolve();
        else reject(new Error(`closed with ${code} at ${door}`));
      };
      waiting.add(check);
      check();
    });
  const all = <Name extends DownFrameName>(name: Name): Down<Name>[] =>
    frames.filter((frame): frame is Down<Name> => frame.t === name);
  return {
    frames,
    socket: dialed.value,
    closed,
    get pongs() {
      return pongs;
    },
    all,
    say: (frame) => dialed.value.send(encodeUp(frame)),
    heard: async (name, is = () => true) => {
      await until(() => all(name).some(is));
      return all(name).find(is) as Down<typeof name>;
    },
    until,
  };
}

/** The events of one feed that a client holds, in the order in which they came: from pages and live. */
export function seqsOf(client: DoorClient, feed: FeedId): number[] {
  return client.frames.flatMap((frame) =>
    (frame.t === 'page' || frame.t === 'events') && frame.feed === feed
      ? frame.events.map((event) => event.seq)
      : [],
  );
}

/** The messages of one feed in the order in which they came. */
export function idsOf(client: DoorClient, feed: FeedId): string[] {
  return client.frames.flatMap((frame) =>
    (frame.t === 'page' || frame.t === 'events') && frame.feed === feed
      ? frame.events.flatMap((event) => (event.kind === 'posted' ? [event.id] : []))
      : [],
  );
}
