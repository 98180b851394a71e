/**
 * One round of the hardest test there is: two members write to each other while relay and desktops are killed, without warning, again and
 * again. The history is written here, outside the processes under test; in the end everything that was said must be there, once, in one
 * order, on both sides and in the relay's store, and every file must be sound.
 */
import { createChance } from '../kit/chance.ts';
import { heldWhole } from '../kit/cache-checks.ts';
import { PROMISES, violations } from '../kit/checks.ts';
import { readDesktop } from '../kit/desktop-read.ts';
import { createHistory } from '../kit/history.ts';
import { readRelay } from '../kit/relay-read.ts';
import { isDrained, isLive, type DesktopChild } from './desktop-child.ts';
import { createSystemTeam, type SystemTeam } from './team.ts';

export interface RoundOptions {
  readonly seed: number;
  /** Of both members together. */
  readonly messages?: number;
  readonly kills?: number;
}

export interface Round {
  readonly seed: number;
  readonly broken: readonly string[];
  readonly messages: number;
  readonly kills: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Members write as fast as the programs take it: what is tested is loss, not the meter. */
const LIMITS = {
  sendsPerSecond: 500,
  sendsBurst: 1_000,
  framesPerSecond: 1_000,
  framesBurst: 2_000,
  historyPerSecond: 200,
};
const DRAINED_MS = 90_000;

export async function killRound({
  seed,
  messages = 1_000,
  kills = 50,
}: RoundOptions): Promise<Round> {
  const began = performance.now();
  const chance = createChance(`kill/${seed}`);
  const team = await createSystemTeam({ limits: LIMITS });
  try {
    return {
      ...(await play(team, chance, messages, kills)),
      seed,
      seconds: Math.round((performance.now() - began) / 100) / 10,
    };
  } finally {
    await team.dispose();
  }
}

type Victim = 'relay' | 'ada' | 'ben';

async function play(
  team: SystemTeam,
  chance: ReturnType<typeof createChance>,
  messages: number,
  kills: number,
): Promise<Pick<Round, 'broken' | 'messages' | 'kills'>> {
  const history = createHistory();
  const members = new Map<string, string>();
  const open = (who: string): Promise<DesktopChild> =>
    team.join(who, {
      onRow: ({ channel, id, seq, author, at, text }) => {
        const feed = `channel/${channel}`;
        const event = { seq, at, by: author, kind: 'posted', id, text } as never;
        history.add({ kind: 'told', computer: `${who}-pc`, feed, event });
        // A row of one's own with a number is one the relay has acknowledged.
        if (author === members.get(who))
          history.add({ kind: 'acked', member: author, op: id, feed, seq });
      },
    });
  const ada = await open('ada');
  const ben = await open('ben');
  const desktops = { ada, ben };
  const channel = ada.view.channels.find(({ name }) => name === 'general')?.id ?? '';
  for (const desktop of [ada, ben]) {
    await desktop.close();
    members.set(desktop.name.slice(0, 3), readDesktop(desktop.name, desktop.folder).member);
    await revive(desktop, channel);
  }

  let written = 0;
  const struck: Record<Victim, number> = { relay: 0, ada: 0, ben: 0 };
  const down = new Map<Victim, Promise<void>>();

  const strike = (victim: Victim): void => {
    if (down.has(victim)) return;
    struck[victim]++;
    const back = (async () => {
      if (victim === 'relay') {
        await team.killRelay('SIGKILL');
        await team.startRelay();
      } else {
        await desktops[victim].kill('SIGKILL');
        await revive(desktops[victim], channel);
      }
    })();
    down.set(
      victim,
      back.finally(() => down.delete(victim)),
    );
  };

  const write = async (who: 'ada' | 'ben', count: number): Promise<void> => {
    const desktop = desktops[who];
    const member = members.get(who) ?? '';
    for (let left = count; left > 0;) {
      const text = `${who} ${left} ${chance.int(0, 1e9)}`;
      const teamId = desktop.view.team;
      if (teamId !== null) history.add({ kind: 'tried', member, channel, text });
      const sent =
        teamId === null
          ? undefined
          : await desktop.call('message.send', { team: teamId, channel, text });
      if (!sent) {
        await down.get(who);
        await desktop.until('it knows its team', (view) =>
          view.channels.some(({ id }) => id === channel),
        );
        continue;
      }
      if (!sent.ok) throw new Error(`${who}: ${sent.error.kind}`);
      history.add({
        kind: 'asked',
        member,
        frame: { t: 'post', op: sent.value.id, channel, text } as never,
      });
      history.add({
        kind: 'entered',
        member,
        computer: desktop.name,
        channel,
        message: sent.value.id,
        text,
      });
      left--;
      written++;
    }
  };

  const total = (): number => struck.relay + struck.ada + struck.ben;
  const reap = async (): Promise<void> => {
    const step = messages / (kills + 1);
    while (total() < kills) {
      // The next blow falls after so many messages more; between them a moment of chance.
      const due = Math.min(messages, Math.floor((total() + 1) * step));
      while (written < due) await turn();
      await new Promise((resolve) => setTimeout(resolve, chance.int(0, 120)));
      strike(chance.weighted({ relay: 8, ada: 3, ben: 3 }));
      if (written >= messages) await Promise.all(down.values());
    }
  };

  await Promise.all([
    write('ada', Math.ceil(messages / 2)),
    write('ben', Math.floor(messages / 2)),
    reap(),
  ]);
  while (down.size > 0) await Promise.all(down.values());
  const broken: string[] = [];
  for (const desktop of [ada, ben])
    await desktop.until('its outbox is empty', isDrained, DRAINED_MS);
  // What both sides hold is judged once both have heard of everything.
  const head = (): number => Math.max(...[ada, ben].map((desktop) => headOf(desktop, channel)));
  for (const desktop of [ada, ben])
    await desktop.until(
      'it has caught up',
      (view) => isLive(view) && headOf(desktop, channel) >= head(),
      DRAINED_MS,
    );
  for (const desktop of [ada, ben])
    if (desktop.faults() !== '') broken.push(`${desktop.name} reports ${desktop.faults()}`);
  for (const desktop of [ada, ben]) await desktop.close();
  await team.killRelay('SIGKILL');
  const relay = readRelay(team.storePath);
  const reads = [ada, ben].map((desktop) => readDesktop(desktop.name, desktop.folder));
  broken.push(...violations({ history, relay, desktops: reads }, { ...PROMISES, heldWhole }));
  const posted =
    relay.feeds.get(`channel/${channel}`)?.events.filter(({ kind }) => kind === 'posted').length ??
    0;
  if (posted < messages)
    broken.push(`${messages} messages were written, and the relay has ${posted}`);
  return { broken, messages: posted, kills: struck };
}

async function revive(desktop: DesktopChild, channel: string): Promise<void> {
  await desktop.start();
  await desktop.until('it knows its team', (view) =>
    view.channels.some(({ id }) => id === channel),
  );
  await desktop.call('timeline.open', { team: desktop.view.team ?? '', channel, at: 'end' });
}

const headOf = ({ view }: DesktopChild, channel: string): number =>
  view.channels.find(({ id }) => id === channel)?.head ?? 0;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
