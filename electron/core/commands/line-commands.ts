/** The line itself, for who wants to know: examining the way to a relay, comparing its doors, and what went over the wire. */
import { ok } from '../../../protocol/result.ts';
import type { CommandHandlers } from '../../bridge/commands.ts';
import { withTeam, type CommandParts } from './core.ts';

type Names =
  | 'line.check'
  | 'line.checked'
  | 'line.check-stop'
  | 'line.record'
  | 'lab.start'
  | 'lab.look'
  | 'lab.stop';

const DONE = ok(null);

export function createLineCommands({ core }: CommandParts): Pick<CommandHandlers, Names> {
  return {
    'line.check': ({ team: id, withSilence }) =>
      withTeam(core, id, async (team) => {
        team.lineCheck.start(withSilence);
        return DONE;
      }),
    'line.checked': ({ team: id, seen }) =>
      withTeam(core, id, async (team) => ok(await team.lineCheck.look(seen))),
    'line.check-stop': ({ team: id }) =>
      withTeam(core, id, async (team) => {
        team.lineCheck.stop();
        return DONE;
      }),
    'line.record': ({ team: id, seen }) =>
      withTeam(core, id, async (team) => ok(team.lineRecord.view(seen))),
    'lab.start': ({ team: id, withIdle }) =>
      withTeam(core, id, async (team) => team.lab.start(withIdle)),
    'lab.look': ({ team: id, seen }) =>
      withTeam(core, id, async (team) => ok(await team.lab.look(seen))),
    'lab.stop': ({ team: id }) =>
      withTeam(core, id, async (team) => {
        team.lab.stop();
        return DONE;
      }),
  };
}
