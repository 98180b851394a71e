import { expect, test } from 'vitest';
import { joinFrames, Packet } from './packet.ts';

/** Reads one frame the way RFC 6455, 5.2 says. */
function read(frame: Buffer): {
  readonly first: number;
  readonly isMasked: boolean;
  readonly text: string;
} {
  const [first = 0, second = 0] = frame;
  const short = second & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  const length =
    short === 126
      ? frame.readUInt16BE(2)
      : short === 127
        ? Number(frame.readBigUInt64BE(2))
        : short;
  expect(frame.length).toBe(start + length);
  return { first, isMasked: (second & 0x80) !== 0, text: frame.toString('utf8', start) };
}

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
  'a message of %i bytes is one final, unmasked text frame',
  (length) => {
    const text = 'x'.repeat(length);
    expect(read(new Packet(text).frame)).toEqual({ first: 0x81, isMasked: false, text });
  },
);

test('the length is counted in bytes of UTF-8, and is the shortest form', () => {
  const packet = new Packet('界'.repeat(42));
  expect([read(packet.frame).text, packet.frame.length, packet.frame[1]]).toEqual([
    '界'.repeat(42),
    4 + 126,
    126,
  ]);
});

test('the frame is made once and shared', () => {
  const packet = new Packet('x');
  expect(packet.frame).toBe(packet.frame);
});

test('small frames are joined in their order, one alone is not copied, and large ones stay apart', () => {
  const [one, other] = [new Packet('one'), new Packet('界'.repeat(50))];
  expect(joinFrames([one, other], 1_000)).toEqual(Buffer.concat([one.frame, other.frame]));
  expect(joinFrames([one], 0)).toBe(one.frame);
  expect(joinFrames([one, other], one.frame.length + other.frame.length - 1)).toBeUndefined();
});
