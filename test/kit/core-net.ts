/**
 * The shortest way from a desktop's core to a relay's core in one process: no delay, no loss but what the test asks for. Each computer
 * has its own plug, which the test pulls and puts back. The desktop is a member already; its tokens are opaque to this net.
 */
import { openData } from '../../electron/core/cache/data.ts';
import type { Clock, RelayNet, SocketEvents } from '../../electron/core/ports.ts';
import { encodeDown } from '../../protocol/codec.ts';
import type { DownFrame } from '../../protocol/frames-down.ts';
import type { UpFrame } from '../../protocol/frames-up.ts';
import type { SessionId } from '../../protocol/ids.ts';
import { fail, ok } from '../../protocol/result.ts';
import { createTestSecrets, keepingLog } from './desktop-kit.ts';
import type { Person, RelayKit } from './relay-kit.ts';

export interface Plug {
  readonly net: RelayNet;
  /** Lines that are up. */
  readonly lines: number;
  /** Every frame said on this plug since the last look, the relay's and the desktop's. */
  readonly said: { readonly way: 'up' | 'down'; readonly text: string }[];
  pull(): void;
  put(): void;
  /** Says something to the desktop in the relay's name. */
  inject(text: string): void;
  /** The next frames of the relay are lost on the way, up to the one for which this is false. */
  lose: ((text: string) => boolean) | undefined;
  /** Answers a frame of the desktop in the relay's place; the first time it does, it is over. */
  answerNext: ((frame: UpFrame) => DownFrame | undefined) | undefined;
}

const gone = fail({ kind: 'unreachable' } as const);

export function plugOf(kit: RelayKit, who: Person, session: SessionId): Plug {
  const lines = new Map<object, { readonly events: SocketEvents; end(): void }>();
  let isIn = true;
  const plug: Plug = {
    said: [],
    lose: undefined,
    answerNext: undefined,
    get lines() {
      return lines.size;
    },
    pull() {
      isIn = false;
      for (const line of [...lines.values()]) {
        line.end();
        line.events.onClose(1006);
      }
    },
    put() {
      isIn = true;
    },
    inject(text) {
      for (const line of lines.values()) line.events.onText(text);
    },
    net: {
      dial: async (_target, _token, events) => {
        if (!isIn) return gone;
        const token = {};
        let isOver = false;
        const side = kit.core.connect(
          { member: who.id, session, accessExpiresAt: kit.clock.now() + 3_600_000 },
          {
            send(text) {
              plug.said.push({ way: 'down', text });
              if (plug.lose?.(text) === true) return;
              // A socket never calls back while it is being written to.
              queueMicrotask(() => {
                if (!isOver) events.onText(text);
              });
            },
            close(code) {
              if (isOver) return;
              isOver = true;
              lines.delete(token);
              queueMicrotask(() => events.onClose(code));
            },
            queuedBytes: () => 0,
            ping: () => queueMicrotask(() => (isOver ? undefined : side.heard())),
          },
        );
        const end = (): void => {
          if (isOver) return;
          isOver = true;
          lines.delete(token);
          side.closed();
        };
        lines.set(token, { events, end });
        return ok({
          send(text) {
            plug.said.push({ way: 'up', text });
            if (isOver) return;
            const answer = plug.answerNext?.(JSON.parse(text) as UpFrame);
            if (!answer) return side.receive(text);
            plug.answerNext = undefined;
            queueMicrotask(() => (isOver ? undefined : events.onText(encodeDown(answer))));
          },
          ping: () => queueMicrotask(() => (isOver ? undefined : events.onPong())),
          terminate: end,
        });
      },
      request: async () => gone,
      peek: async () => gone,
    },
  };
  return plug;
}

/** Writes the membership into a desktop's folder, as if it had joined. */
export async function enrol(
  kit: RelayKit,
  who: Person,
  folder: string,
  clock: Clock,
): Promise<SessionId> {
  const session = kit.id<SessionId>();
  await kit.write((tx) =>
    tx.putSession({
      id: session,
      member: who.id,
      device: 'desk',
      createdAt: kit.clock.now(),
      lastSeenAt: kit.clock.now(),
      endedAt: null,
      refreshHash: session,
      rotation: 0,
      refreshExpiresAt: kit.clock.now() + 1e12,
    }),
  );
  const secrets = createTestSecrets();
  const data = openData({ dir: folder, clock, log: keepingLog() });
  data.ledger.rows.addTeam({
    id: 'here',
    place: 0,
    address: 'relay:7420',
    fingerprint: 'ab'.repeat(32),
    relayTeam: kit.store.teamId,
    name: 'Night shift',
    me: who.id,
    handle: who.handle,
    displayName: who.handle,
    role: 'member',
    device: 'Desk',
    session,
    presence: 'here',
    memberInviteDays: 7,
    memberInviteUses: 25,
    isHostedHere: false,
    standing: 'in',
    epoch: null,
    sealedAccess: secrets.seal('access'),
    sealedRefresh: secrets.seal('refresh'),
    accessExpiresAt: clock.now() + 1e12,
  });
  data.close();
  return session;
}
