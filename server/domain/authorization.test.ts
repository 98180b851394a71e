/**
 * The sweep: every operation that names a channel, by every role, in every relation to a channel of every kind, open and archived. What
 * comes out is what the policy says; and to whom a channel is hidden, it answers to the letter like one that does not exist.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHANNEL_KINDS, ROLES, type ChannelKind, type Role } from '../../protocol/entities.ts';
import { channelFeed, type ChannelId, type MemberId, type MessageId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createDomainKit, type Ask, type DomainKit } from '../../test/kit/domain-kit.ts';
import { mayInChannel, relationTo, type ChannelAction } from './policy.ts';
import { countUnread, readRange, readRoster } from './questions.ts';

type Place = 'in' | 'out';
interface Scene {
  readonly channel: ChannelId;
  readonly asker: MemberId;
  readonly own: MessageId;
  readonly foreign: MessageId;
  readonly bystander: MemberId;
  readonly outsider: MemberId;
}

const OPERATIONS: readonly {
  readonly action: ChannelAction;
  readonly ask: (scene: Scene) => Ask;
}[] = [
  { action: 'post', ask: ({ channel }) => ({ t: 'post', channel, text: 'x' }) },
  {
    action: 'edit-own',
    ask: ({ channel, own }) => ({ t: 'edit', channel, message: own, text: 'changed' }),
  },
  {
    action: 'edit-other',
    ask: ({ channel, foreign }) => ({ t: 'edit', channel, message: foreign, text: 'changed' }),
  },
  { action: 'mark', ask: ({ channel }) => ({ t: 'read', channel, seq: 1, isBack: true }) },
  { action: 'mark', ask: ({ channel }) => ({ t: 'level', channel, level: 'none' }) },
  { action: 'change', ask: ({ channel }) => ({ t: 'change-channel', channel, topic: 'changed' }) },
  {
    action: 'add-member',
    ask: ({ channel, outsider }) => ({ t: 'add-member', channel, member: outsider }),
  },
  {
    action: 'remove-member',
    ask: ({ channel, bystander }) => ({ t: 'remove-member', channel, member: bystander }),
  },
  {
    action: 'delete-other',
    ask: ({ channel, foreign }) => ({ t: 'delete', channel, message: foreign }),
  },
  { action: 'delete-own', ask: ({ channel, own }) => ({ t: 'delete', channel, message: own }) },
  { action: 'join', ask: ({ channel }) => ({ t: 'join', channel }) },
  { action: 'leave', ask: ({ channel }) => ({ t: 'leave', channel }) },
  { action: 'archive', ask: ({ channel }) => ({ t: 'archive', channel, isArchived: true }) },
];

let kit: DomainKit;
const people = new Map<Role, MemberId>();
let host: MemberId;
beforeAll(async () => {
  kit = await createDomainKit({ channelsMadePerMember: 10_000 });
  for (const role of ROLES) people.set(role, await kit.member(`the-${role}`, role));
  host = await kit.member('host');
});
afterAll(async () => {
  expect(await kit.store.audit()).toEqual([]);
  await kit.dispose();
});

async function stage(
  kind: ChannelKind,
  role: Role,
  place: Place,
  isArchived: boolean,
): Promise<Scene> {
  const asker = people.get(role) as MemberId;
  // Somebody below everybody, so that rank decides nothing here; policy.test.ts and members.test.ts look at rank.
  const bystander = await kit.member(`by-${kit.id<string>().slice(-6)}`, 'guest');
  const outsider = await kit.member(`out-${kit.id<string>().slice(-6)}`);
  const third = await kit.member(`third-${kit.id<string>().slice(-6)}`);
  let channel: ChannelId;
  if (kind === 'public' || kind === 'private')
    channel = await kit.channel(kind, host, [asker, bystander]);
  else {
    const members = kind === 'group' ? [third, asker, bystander] : [asker];
    if (place === 'out') members[members.indexOf(asker)] = outsider;
    const maker = kind === 'direct' ? third : host;
    channel = (await kit.must(maker, { t: 'open-direct', id: kit.id(), members }))
      .channel as ChannelId;
  }
  const [own, foreign] = [kit.id<MessageId>(), kit.id<MessageId>()];
  const isInside = await kit.store.isInChannel(channel, asker);
  if (isInside) await kit.must(asker, { t: 'post', op: own, channel, text: 'canary-own' });
  const speaker = (await kit.store.roster(channel)).find((member) => member !== asker) as MemberId;
  await kit.must(speaker, { t: 'post', op: foreign, channel, text: 'canary-foreign' });
  if (isInside && place === 'out') await kit.must(asker, { t: 'leave', channel });
  if (isArchived) await kit.must(host, { t: 'archive', channel, isArchived: true });
  return { channel, asker, own, foreign, bystander, outsider };
}

const missing: Scene['channel'] = '01980000-0000-7000-8000-ffffffffffff' as ChannelId;

describe.each(CHANNEL_KINDS)('in a %s channel', (kind) => {
  describe.each(['in', 'out'] as const)('for those who are %s', (place) => {
    describe.each(kind === 'public' || kind === 'private' ? [false, true] : [false])(
      'archived: %s',
      (isArchived) => {
        test.each(ROLES)('an %s may what the policy says, and nothing else', async (role) => {
          for (const { action, ask } of OPERATIONS) {
            const scene = await stage(kind, role, place, isArchived);
            const channel = await kit.store.channel(scene.channel);
            if (!channel) throw new Error('no stage');
            const relation = relationTo(channel, { id: scene.asker, role, isIn: place === 'in' });
            const verdict = mayInChannel({ role, relation, channel }, action);
            const head = await kit.store.head(channelFeed(scene.channel));
            const result = await kit.ask(scene.asker, ask(scene));
            // One who only looks on has no message of their own there: to them it is somebody else's matter, or nothing at all.
            const isAbsent =
              (action === 'edit-own' || action === 'delete-own') && !(await wasPosted(scene));
            const expected = isAbsent && verdict !== 'not-found' ? 'not-found' : verdict;
            const found = result.ok ? 'yes' : result.error.kind;
            expect({ frame: ask(scene).t, action, relation, found }).toEqual({
              frame: ask(scene).t,
              action,
              relation,
              found: expected,
            });
            if (found !== 'yes')
              expect(await kit.store.head(channelFeed(scene.channel))).toBe(head);
            if (relation === 'hidden')
              expect(result).toEqual(
                await kit.ask(scene.asker, ask({ ...scene, channel: missing })),
              );
          }
        });

        test.each(ROLES)('an %s reads what the policy says', async (role) => {
          const scene = await stage(kind, role, place, isArchived);
          const channel = await kit.store.channel(scene.channel);
          if (!channel) throw new Error('no stage');
          const relation = relationTo(channel, { id: scene.asker, role, isIn: place === 'in' });
          const expected = mayInChannel({ role, relation, channel }, 'read');
          const span = { from: 1, to: 100 };
          for (const read of [
            (id: ChannelId) =>
              readRange(kit.store, scene.asker, channelFeed(id), span, DEFAULT_LIMITS),
            (id: ChannelId) => readRoster(kit.store, scene.asker, id),
          ]) {
            const result = await read(scene.channel);
            expect(result.ok ? 'yes' : result.error.kind).toBe(expected);
            if (!result.ok) expect(result).toEqual(await read(missing));
            if (relation === 'hidden') expect(JSON.stringify(result)).not.toContain('canary');
          }
          const spans = [missing, scene.channel].map((id) => ({ channel: id, ...span }));
          const counted = await countUnread(kit.store, scene.asker, spans, DEFAULT_LIMITS);
          expect(counted.ok ? counted.value.map((one) => one.channel) : counted.error.kind).toEqual(
            expected === 'yes' ? [scene.channel] : [],
          );
        });
      },
    );
  });
});

async function wasPosted({ channel, own }: Scene): Promise<boolean> {
  return (await kit.store.message(channel, own)) !== undefined;
}
