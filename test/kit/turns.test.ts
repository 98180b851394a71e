import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

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

test('settling waits for work outside the thread, and for what follows from it', async () => {
  const turns = createTurns();
  const { publicKey, privateKey } = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  let isVerified = false;
  const work = turns.track(
    crypto.subtle
      .sign('Ed25519', privateKey, Buffer.from('x'))
      .then((mark) => crypto.subtle.verify('Ed25519', publicKey, mark, Buffer.from('x'))),
  );
  void work.then((answer) => turns.soon(() => (isVerified = answer)));
  await turns.settle();
  expect(isVerified).toBe(true);
});

test("a failure outside the thread is the owner's, not the one's who settles", async () => {
  const turns = createTurns();
  const work = turns.track(Promise.reject(new Error('no disk')));
  await turns.settle();
  await expect(work).rejects.toThrow('no disk');
});
