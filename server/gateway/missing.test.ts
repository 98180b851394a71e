/** The question that follows a lost store: which of what it had acknowledged to me does it not have? */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MessageId, OperationId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createRelayKit, post, type RelayKit, type TestClient } from '../../test/kit/relay-kit.ts';

let kit: RelayKit;
let ada: TestClient;
beforeEach(async () => {
  kit = await createRelayKit();
  ada = await kit.live(kit.owner);
});
afterEach(() => kit.dispose());

const said = async (by: TestClient): Promise<OperationId> => {
  const op = kit.id<MessageId & OperationId>();
  by.say(post(op, kit.general, 'words'));
  await kit.settle();
  return op;
};
const missing = async (by: TestClient, ops: readonly OperationId[]): Promise<unknown> => {
  by.clear();
  by.say({ t: 'missing', req: 1, ops: [...ops] });
  await kit.settle();
  return by.frames;
};

test('what was never said here is missing, in the order of the question', async () => {
  const [lost, kept, lostToo] = [kit.id<OperationId>(), await said(ada), kit.id<OperationId>()];
  expect(await missing(ada, [lostToo, kept, lost])).toEqual([
    { t: 'missing', req: 1, ops: [lostToo, lost] },
  ]);
});

test('whether somebody else’s change is here is told to nobody but them', async () => {
  const ben = await kit.live(await kit.person('ben'));
  const his = await said(ben);
  expect(await missing(ada, [his])).toEqual([{ t: 'missing', req: 1, ops: [his] }]);
  expect(await missing(ben, [his])).toEqual([{ t: 'missing', req: 1, ops: [] }]);
});

test('who is no member any more is told nothing', async () => {
  const ben = await kit.live(await kit.person('ben'));
  const his = await said(ben);
  const member = await kit.store.memberByHandle('ben');
  if (!member) throw new Error('nobody');
  await kit.write((tx) => tx.putMember({ ...member, isActive: false }));
  expect(await missing(ben, [his])).toMatchObject([
    { t: 'refused', req: 1, refusal: { kind: 'session-ended' } },
  ]);
});

test('it counts as a question about history', async () => {
  for (let req = 1; req <= 4 * DEFAULT_LIMITS.historyPerSecond + 1; req++)
    ada.say({ t: 'missing', req, ops: [kit.id<OperationId>()] });
  await kit.settle();
  expect(ada.all('missing')).toHaveLength(4 * DEFAULT_LIMITS.historyPerSecond);
  expect(ada.all('refused').map(({ refusal }) => refusal.kind)).toEqual(['rate-limited']);
});
