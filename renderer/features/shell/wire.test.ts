import { expect, it } from 'vitest';
import { createWords } from '../../i18n/words.ts';
import { wireWords } from './wire.tsx';

it.each([
  ['socket', 'Connected · 3 ms', '已連線 · 3 毫秒'],
  ['stream', 'Connected by HTTP stream · 3 ms', '已連線（HTTP 串流） · 3 毫秒'],
  ['long-poll', 'Connected by long polls · 3 ms', '已連線（長輪詢） · 3 毫秒'],
  ['poll', 'Connected by polls · 3 ms', '已連線（輪詢） · 3 毫秒'],
] as const)('names the door %s where it is not what one expects', (door, en, zh) => {
  const team = {
    wire: { state: 'live', rttMs: 3, node: 'one', isCatchingUp: false, door },
    outbox: { waiting: 0, failed: 0 },
  } as const;
  expect([
    wireWords(createWords('en'), team, 0),
    wireWords(createWords('zh-Hant'), team, 0),
  ]).toEqual([en, zh]);
});
