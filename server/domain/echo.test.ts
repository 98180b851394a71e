import { afterEach, beforeEach, expect, test } from 'vitest';
import { memberFeed, type OperationId } from '../../protocol/ids.ts';
import { createDomainKit, type DomainKit } from '../../test/kit/domain-kit.ts';

let kit: DomainKit;
beforeEach(async () => {
  kit = await createDomainKit();
});
afterEach(() => kit.dispose());

test('an echo comes to its sender alone, once however often it is sent, and moves no other feed', async () => {
  const lin = await kit.member('lin', 'guest');
  const heads = async () => new Map(await kit.store.headsOf(kit.owner));
  const before = await heads();
  const op = kit.id<OperationId>();
  const first = await kit.must(lin, { t: 'echo', op, text: 'xxxx' });
  expect(await kit.must(lin, { t: 'echo', op, text: 'xxxx' })).toEqual(first);
  expect(await kit.refusal(lin, { t: 'echo', op, text: 'yyyy' })).toBe('conflict');
  expect(first.feed).toBe(memberFeed(lin));
  const heard = (await kit.events(memberFeed(lin))).filter((event) => event['kind'] === 'echoed');
  expect(heard).toEqual([
    { seq: first.seq, at: first.at, by: lin, kind: 'echoed', id: op, text: 'xxxx' },
  ]);
  expect(await heads()).toEqual(before);
});

test('who may not act any more echoes no more', async () => {
  const lin = await kit.member('lin');
  await kit.must(kit.owner, { t: 'set-active', member: lin, isActive: false });
  expect(await kit.refusal(lin, { t: 'echo', text: 'x' })).toBe('session-ended');
});
