/** The cable is pulled: nobody is told, no packet comes and no connection ends. Both sides have to find out, and nothing may be lost by it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layNetwork, type Computer, type Network } from '../kit/cables.ts';
import { readRelay } from '../kit/relay-read.ts';
import { isDrained, isLive, type DesktopChild } from './desktop-child.ts';
import { createSystemTeam, type SystemTeam } from './team.ts';

const network: Network | undefined = await layNetwork(3);
afterAll(() => network?.dispose());

describe.skipIf(network === undefined)('where a cable can be pulled', () => {
  const [below, left, right] = (network?.computers ?? []) as [Computer, Computer, Computer];
  let team: SystemTeam;
  let ada: DesktopChild;
  let ben: DesktopChild;
  beforeAll(async () => {
    // The relay asks for a sign of life often, or this would take a minute.
    const relay = { on: below.on, args: ['--log', 'info'] };
    team = await createSystemTeam({ host: below.address, relay, limits: { pingEveryMs: 1_000 } });
    ada = await team.join('ada', { on: left.on });
    ben = await team.join('ben', { on: right.on });
  });
  afterAll(() => team.dispose());

  const here = ({ view }: DesktopChild): { readonly team: string; readonly channel: string } => ({
    team: view.team ?? '',
    channel: view.channels.find(({ name }) => name === 'general')?.id ?? '',
  });
  const say = (who: DesktopChild, text: string) => who.must('message.send', { ...here(who), text });
  const events = () =>
    readRelay(team.storePath).feeds.get(`channel/${here(ada).channel}`)?.events ?? [];
  const texts = (): readonly string[] =>
    events().flatMap((event) => (event.kind === 'posted' ? [event.text] : []));
  const allHeard = async (): Promise<void> => {
    const head = events().length;
    for (const one of [ada, ben])
      await one.until('it has heard all', ({ channels }) =>
        channels.some((channel) => channel.head === head),
      );
  };
  const silences = (): number => team.relay.errors().split('client-silent').length - 1;

  test("a desktop's: it says so, the relay gives it up, the others go on, and what was written meanwhile is there after", async () => {
    left.pull();
    await say(ada, 'from the dark');
    await ada.until('it knows that its line is dead', (view) => !isLive(view));
    await expect.poll(silences, { timeout: 20_000 }).toBe(1);
    expect(ada.view.outbox?.waiting).toBe(1);
    await say(ben, 'and here it is light');
    await ben.until('its message is safe', isDrained);

    left.plug();
    await ada.until('all of hers is said', isDrained);
    await allHeard();
    expect(texts()).toEqual(['and here it is light', 'from the dark']);
    expect(ada.faults() + ben.faults()).toBe('');
  });

  test("the relay's: every desktop says so and keeps what is written, and afterwards it is there once", async () => {
    const before = texts();
    below.pull();
    await say(ada, 'one');
    await say(ben, 'two');
    for (const one of [ada, ben])
      await one.until('it knows that its line is dead', (view) => !isLive(view));
    below.plug();
    for (const one of [ada, ben]) await one.until('all of theirs is said', isDrained);
    await allHeard();
    expect(texts().slice(before.length).toSorted()).toEqual(['one', 'two']);
    expect(ada.faults() + ben.faults()).toBe('');
  });
});
