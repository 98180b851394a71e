import { expect, test } from 'vitest';
import { createTurns, holdCrypto } from './turns.ts';

test('settling runs promises to their end and put-off work in its order', async () => {
  const turns = createTurns();
  const ran: string[] = [];
  const chain = async (name: string, steps: number): Promise<void> => {
    for (let step = 0; step < steps; step++) await Promise.resolve();
    ran.push(name);
    if (name === 'chain') turns.soon(() => void chain('put off by the chain', 20));
  };
  turns.soon(() => ran.push('put off first'));
  void chain('chain', 50);
  await turns.settle();
  expect(ran).toEqual(['chain', 'put off first', 'put off by the chain']);
});

test('what comes from another thread comes before what was put off, in the order in which it was asked for', async () => {
  const turns = createTurns();
  const ran: string[] = [];
  turns.soon(() => ran.push('put off'));
  const slow = new Promise((resolve) => setTimeout(resolve, 20));
  void turns.hold(slow).then(() => ran.push('slow'));
  void turns.hold(Promise.resolve()).then(() => ran.push('quick'));
  void turns
    .hold(Promise.reject(new Error('no thread')))
    .catch((error: unknown) => ran.push((error as Error).message));
  await turns.settle();
  expect(ran).toEqual(['slow', 'quick', 'no thread', 'put off']);
});

test('WebCrypto can be held, and is given back', async () => {
  const turns = createTurns();
  const real = crypto.subtle.sign;
  const giveBack = holdCrypto(turns);
  const { publicKey, privateKey } = await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ]);
  let isGood = false;
  const check = async (): Promise<void> => {
    const mark = await crypto.subtle.sign('Ed25519', privateKey, Buffer.from('x'));
    isGood = await crypto.subtle.verify('Ed25519', publicKey, mark, Buffer.from('x'));
  };
  void check();
  await turns.settle();
  giveBack();
  expect(isGood).toBe(true);
  expect(crypto.subtle.sign).toBe(real);
});

test('tracked work may itself wait for what it put off', async () => {
  const turns = createTurns();
  const ran: string[] = [];
  const work = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise<void>((resolve) => turns.soon(resolve));
    ran.push('done');
  };
  void turns.track(work());
  await turns.settle();
  expect(ran).toEqual(['done']);
});

test("a failure is its owner's, not the one's who settles", async () => {
  const turns = createTurns();
  const work = turns.track(Promise.reject(new Error('no disk')));
  await turns.settle();
  await expect(work).rejects.toThrow('no disk');
});
