/**
 * The team every seed starts from: Ada with a computer and a laptop, Ben and Cho with a computer each, signed in to one relay through the
 * front door. Made once per process, from a seed of its own, and copied for every run.
 */
import { cpSync, mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommandName, CommandOutput, CommandResult } from '../../electron/bridge/commands.ts';
import { ADDRESS, FINGERPRINT } from './relay-node.ts';
import { createWorld, SCRATCH, START } from './world.ts';

export interface Template {
  readonly folder: string;
  /** computer → member. */
  readonly people: Readonly<Record<string, string>>;
  /** When it was left. */
  readonly leftAt: number;
}

export const PASSWORD = 'nine lives of the office cat';
export const COMPUTERS = ['ada-pc', 'ben-pc', 'cho-pc', 'ada-laptop'] as const;

export async function makeTemplate(): Promise<Template> {
  const folder = mkdtempSync(join(SCRATCH, 'landline-template-'));
  const world = createWorld({
    seed: 'template',
    people: Object.fromEntries(COMPUTERS.map((name) => [name, ''])),
  });
  const { relay, wait } = world;
  relay.start();
  const setup = await wait(relay.auth.invites.createSetup());
  const at = { address: ADDRESS, fingerprint: FINGERPRINT };
  const account = (
    who: string,
  ): { readonly name: string; readonly handle: string; readonly password: string } => ({
    name: who,
    handle: who.toLowerCase(),
    password: PASSWORD,
  });
  const people: Record<string, string> = {};
  for (const desktop of world.desktops) {
    desktop.start();
    await world.settle();
    const call = <N extends CommandName>(
      name: N,
      input: Parameters<typeof desktop.call<N>>[1],
    ): Promise<CommandOutput<N>> =>
      wait(desktop.call(name, input)).then((result: CommandResult<N> | undefined) => {
        if (!result?.ok)
          throw new Error(`${desktop.name}: ${name}: ${JSON.stringify(result?.error)}`);
        return result.value;
      });
    const device = desktop.name;
    if (device === 'ada-pc')
      await call('team.setup', {
        ...at,
        code: setup.code,
        teamName: 'Night shift',
        ...account('Ada'),
        device,
      });
    else if (device === 'ada-laptop')
      await call('team.sign-in', { ...at, handle: 'ada', password: PASSWORD, device });
    else {
      const invite = await wait(
        relay.auth.invites.create({ role: 'member', days: 7, uses: 1, createdBy: null }),
      );
      await call('team.join', {
        ...at,
        code: invite.code,
        ...account(device === 'ben-pc' ? 'Ben' : 'Cho'),
        device,
      });
    }
    await world.advance(2_000);
    people[device] = desktop.team?.team.me ?? '';
  }
  for (const desktop of world.desktops) await wait(desktop.stop());
  await wait(relay.stop());
  if (world.broken.length > 0) throw new Error(world.broken.join('\n'));
  cpSync(dirname(relay.storePath), join(folder, 'relay'), { recursive: true });
  for (const desktop of world.desktops)
    cpSync(desktop.dataFolder, join(folder, desktop.name, 'data'), { recursive: true });
  const leftAt = world.clock.now();
  await world.dispose();
  return { folder, people, leftAt: Math.max(leftAt, START) };
}
