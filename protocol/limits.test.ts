/** The limits that the wire itself keeps, each at its edge: the largest that is let in, and the smallest that is not. */
import { describe, expect, test } from 'vitest';
import { decodeUp } from './codec.ts';
import { eventsRequest } from './doors.ts';
import { signInRequest, joinRequest } from './http.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { PROTOCOL_VERSIONS } from './version.ts';

const OP = '0190a000-0000-7000-8000-000000000001';
const CHANNEL = '0190a000-0000-7000-8000-00000000000c';
const {
  frameBytes,
  textBytes,
  nameLength,
  handleLength,
  topicLength,
  passwordMaxBytes,
  helloPositions,
  groupMembers,
  channelStartMembers,
  bytesInPerSecond,
  echoLength,
  missingOps,
  doorWaitMs,
  doorPositions,
  doorBodyBytes,
  pingLeastMs,
  pingMostMs,
  silenceMs,
} = DEFAULT_LIMITS;
const id = (n: number): string => `0190a000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => id(n));
/** Of a team with a trillion messages in each channel, until the year 2286. */
const HELD = { seq: 10 ** 12, at: 10 ** 13 - 1 };
const PROVEN = { ...HELD, proven: { seq: 10 ** 12, proof: 'p'.repeat(34) } };
const positions = (count: number, position: object): Record<string, object> =>
  Object.fromEntries(ids(count).map((one) => [`channel/${one}`, position]));

const channel = {
  t: 'create-channel',
  op: OP,
  id: CHANNEL,
  kind: 'private',
  name: 'plans',
  topic: '',
  members: [],
};
const hello = {
  t: 'hello',
  versions: PROTOCOL_VERSIONS,
  epoch: null,
  positions: {},
  focus: null,
  presence: 'here',
};
const x = (length: number): string => 'x'.repeat(length);

/** The field that was refused, or undefined. */
const onWire = (frame: object): string | undefined => {
  const decoded = decodeUp(JSON.stringify(frame));
  return decoded.ok ? undefined : decoded.error.refusal.field;
};
const join = { code: 'code', name: 'Lin', handle: 'lin', password: 'x', device: 'desk' };
const atTheDoor = (more: object): string | undefined =>
  eventsRequest
    .safeParse({ hello, isGoingOn: true, waitMs: 0, seenPresence: null, ...more })
    .error?.issues[0]?.path.join('.');
const overHttp = (more: object): string | undefined =>
  joinRequest.safeParse({ ...join, ...more }).error?.issues[0]?.path.join('.');

describe('a limit of the wire', () => {
  const cases: readonly (readonly [
    string,
    number,
    string,
    (size: number) => string | undefined,
  ])[] = [
    [
      'textBytes of a message',
      textBytes,
      'text',
      (n) => onWire({ t: 'post', op: OP, channel: CHANNEL, text: x(n) }),
    ],
    [
      'textBytes of an edit',
      textBytes,
      'text',
      (n) => onWire({ t: 'edit', op: OP, channel: CHANNEL, message: OP, text: x(n) }),
    ],
    ['echoLength', echoLength, 'text', (n) => onWire({ t: 'echo', op: OP, text: x(n) })],
    [
      'nameLength of a member',
      nameLength,
      'name',
      (n) => onWire({ t: 'change-profile', op: OP, name: x(n) }),
    ],
    [
      'nameLength of a team',
      nameLength,
      'name',
      (n) => onWire({ t: 'change-team', op: OP, name: x(n) }),
    ],
    ['nameLength of a channel', nameLength, 'name', (n) => onWire({ ...channel, name: x(n) })],
    ['nameLength of a device', nameLength, 'device', (n) => overHttp({ device: x(n) })],
    ['handleLength', handleLength, 'handle', (n) => overHttp({ handle: x(n) })],
    ['topicLength', topicLength, 'topic', (n) => onWire({ ...channel, topic: x(n) })],
    [
      'topicLength of a change',
      topicLength,
      'topic',
      (n) => onWire({ t: 'change-channel', op: OP, channel: CHANNEL, topic: x(n) }),
    ],
    [
      'passwordMaxBytes when joining',
      passwordMaxBytes,
      'password',
      (n) => overHttp({ password: x(n) }),
    ],
    [
      'passwordMaxBytes of the next one',
      passwordMaxBytes,
      'next',
      (n) => onWire({ t: 'change-password', req: 1, current: 'x', next: x(n) }),
    ],
    [
      'helloPositions',
      helloPositions,
      'positions',
      (n) => onWire({ ...hello, positions: positions(n, PROVEN) }),
    ],
    [
      'groupMembers, the maker included',
      groupMembers - 1,
      'members',
      (n) => onWire({ t: 'open-direct', op: OP, id: CHANNEL, members: ids(n) }),
    ],
    [
      'missingOps',
      missingOps,
      'ops',
      (n) => onWire({ t: 'missing', req: 1, ops: Array(n).fill(OP) }),
    ],
    ['doorWaitMs', doorWaitMs, 'waitMs', (n) => atTheDoor({ waitMs: n })],
    ['doorPositions', doorPositions, 'more', (n) => atTheDoor({ more: positions(n, HELD) })],
    ['pingMostMs', pingMostMs, 'pingEveryMs', (n) => onWire({ ...hello, pingEveryMs: n })],
    ['silenceMs', silenceMs, 'silenceMs', (n) => onWire({ ...hello, silenceMs: n })],
    [
      'silenceMs at the doors',
      silenceMs,
      'hello.silenceMs',
      (n) => atTheDoor({ hello: { ...hello, silenceMs: n } }),
    ],
    [
      'channelStartMembers',
      channelStartMembers,
      'members',
      (n) => onWire({ ...channel, members: ids(n) }),
    ],
  ];
  test.each(cases)('%s: %i are let in, one more is not', (_what, limit, field, refusedField) => {
    expect([refusedField(limit), refusedField(limit + 1)]).toEqual([undefined, field]);
  });

  test.each([
    ['pingLeastMs', pingLeastMs, 'pingEveryMs'],
    ['a silence', 1, 'silenceMs'],
  ])('%s: %i are let in, one less is not', (_what, least, field) => {
    const asked = (ms: number): string | undefined => onWire({ ...hello, [field]: ms });
    expect([asked(least), asked(least - 1)]).toEqual([undefined, field]);
  });

  test('of names counts code points, so that it is the same for every script', () => {
    expect(onWire({ t: 'change-profile', op: OP, name: '🦊'.repeat(nameLength) })).toBeUndefined();
    expect(onWire({ t: 'change-profile', op: OP, name: '🦊'.repeat(nameLength + 1) })).toBe('name');
  });
});

describe('whatever the wire lets in', () => {
  const bytes = (frame: object): number => Buffer.byteLength(JSON.stringify(frame));

  test('fits a frame, also when every byte of a text has to be escaped', () => {
    const worst = {
      t: 'edit',
      op: OP,
      channel: CHANNEL,
      message: OP,
      text: '\u0001'.repeat(textBytes),
    };
    expect(onWire(worst)).toBeUndefined();
    expect(bytes(worst)).toBeLessThanOrEqual(frameBytes);
    expect(bytes({ ...hello, positions: positions(helloPositions, PROVEN) })).toBeLessThanOrEqual(
      frameBytes,
    );
    expect(bytes({ ...channel, members: ids(channelStartMembers) })).toBeLessThanOrEqual(
      frameBytes,
    );
    expect(bytes({ t: 'missing', req: 2 ** 53 - 1, ops: ids(missingOps) })).toBeLessThanOrEqual(
      frameBytes,
    );
  });

  test('fits the body of a request at the other doors', () => {
    const longest = {
      hello: { ...hello, positions: positions(helloPositions, PROVEN) },
      more: positions(doorPositions, HELD),
      isGoingOn: true,
      waitMs: 0,
    };
    expect(bytes({ ...longest, seenPresence: '0'.repeat(64) })).toBeLessThanOrEqual(doorBodyBytes);
    expect(frameBytes).toBeLessThan(doorBodyBytes);
  });

  test('fits what a client may send in a second, so that no frame has to wait for ever', () => {
    expect(frameBytes).toBeLessThanOrEqual(bytesInPerSecond);
  });

  test('fits a request, where it is one', () => {
    const longest = {
      handle: x(200),
      password: '\u0001'.repeat(passwordMaxBytes),
      device: x(nameLength),
    };
    expect(signInRequest.safeParse(longest).success).toBe(true);
    expect(bytes(longest)).toBeLessThanOrEqual(DEFAULT_LIMITS.httpBodyBytes);
  });
});
