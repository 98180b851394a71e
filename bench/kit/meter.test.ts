import { expect, it } from 'vitest';
import { bodiesOf } from './bodies.ts';
import { Meter } from './meter.ts';
import { DelayHistogram } from './stats.ts';

const BODY = 200;
const body = bodiesOf(BODY);

function meterOf(channelOf: readonly number[], onOwn: (member: number) => void = () => undefined) {
  return new Meter({
    channelOf,
    channels: Math.max(...channelOf) + 1,
    bodyBytes: BODY,
    onOwn,
    now: () => 5,
  });
}

function arrive(meter: Meter, member: number, ...numbers: readonly number[]): void {
  const frame = Buffer.from(
    `padding{"events":[${numbers.map((n) => `{"text":"${body(n)}"}`).join()}]}`,
  );
  meter.take(member, frame, 7, frame.length);
}

it('all members having got everything in one order is whole', () => {
  const meter = meterOf([0, 0, 1]);
  const [a, b, c] = [meter.send(0, 0), meter.send(1, 0), meter.send(2, 0)];
  for (const member of [0, 1]) arrive(meter, member, b, a);
  expect(meter.isAllWhole()).toBe(false);
  arrive(meter, 2, c);
  expect(meter.isAllWhole()).toBe(true);
  expect(meter.tally()).toEqual({ sent: 3, deliveries: 5, missing: 0, wrong: 0, faults: [] });
});

it('a delivery that is missing is counted', () => {
  const meter = meterOf([0, 0]);
  arrive(meter, 0, meter.send(0, 0));
  expect(meter.tally()).toMatchObject({ missing: 1, wrong: 0 });
});

it('a doubled delivery is wrong', () => {
  const meter = meterOf([0, 0]);
  const n = meter.send(0, 0);
  arrive(meter, 0, n);
  arrive(meter, 0, n);
  expect(meter.tally()).toMatchObject({ wrong: 1, deliveries: 1 });
});

it('two members who see two orders are wrong, also in frames that were remembered', () => {
  const meter = meterOf([0, 0, 0]);
  const sent = [0, 1, 2, 0].map((member) => meter.send(member, 0));
  arrive(meter, 0, ...sent);
  arrive(meter, 1, ...sent);
  expect(meter.tally()).toMatchObject({ wrong: 0, deliveries: 8 });
  arrive(meter, 2, sent[0]!, sent[2]!, sent[1]!, sent[3]!);
  expect(meter.tally().wrong).toBeGreaterThan(0);
});

it('frames that two relays cut otherwise are held against the one order', () => {
  const meter = meterOf([0, 0, 0, 0, 0]);
  const sent = [0, 1, 2, 3, 0, 1, 2, 3].map((member) => meter.send(member, 0));
  const [whole, first, second] = [sent, sent.slice(0, 4), sent.slice(4)];
  for (const member of [0, 1]) arrive(meter, member, ...whole);
  for (const member of [2, 3]) for (const part of [first, second]) arrive(meter, member, ...part);
  expect(meter.tally()).toMatchObject({ wrong: 0, missing: 8, deliveries: 32 });
  for (const part of [first, first]) arrive(meter, 4, ...part);
  expect(meter.tally().wrong).toBeGreaterThan(0);
});

it('a sender overtaken by their own later message is wrong', () => {
  const meter = meterOf([0, 0]);
  const [first, second] = [meter.send(0, 0), meter.send(0, 0)];
  arrive(meter, 1, second, first);
  expect(meter.tally()).toMatchObject({ wrong: 1 });
});

it('a message of another channel or of nobody is wrong', () => {
  const meter = meterOf([0, 1]);
  arrive(meter, 1, meter.send(0, 0));
  arrive(meter, 1, 77);
  expect(meter.tally()).toMatchObject({ wrong: 2, deliveries: 0 });
});

it('own messages and delays are told once per delivery, remembered frame or not', () => {
  const own: number[] = [];
  const meter = meterOf([0, 0], (member) => own.push(member));
  meter.delays = new DelayHistogram();
  const sent = [0, 1, 0, 1].map((member) => meter.send(member, 2));
  arrive(meter, 0, ...sent);
  arrive(meter, 1, ...sent);
  expect(own).toEqual([0, 0, 1, 1]);
  expect(meter.delays.summary()).toMatchObject({ count: 8, most: 3000 });
});

it('many messages outgrow the first tables', () => {
  const meter = meterOf([0]);
  for (let i = 0; i < 70_000; i++) arrive(meter, 0, meter.send(0, 0));
  expect(meter.tally()).toEqual({
    sent: 70_000,
    deliveries: 70_000,
    missing: 0,
    wrong: 0,
    faults: [],
  });
});

it('what is missed while away counts again on return', () => {
  const meter = meterOf([0, 0]);
  meter.setAway(1, true);
  arrive(meter, 0, meter.send(0, 0));
  expect(meter.isAllWhole()).toBe(true);
  meter.setAway(1, false);
  expect(meter.isAllWhole()).toBe(false);
});
