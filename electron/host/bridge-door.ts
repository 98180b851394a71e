/**
 * The one door between a page and the core, the same for both carriers. Whatever comes in, it answers a `Result`: a name
 * that is not in the table, a value that is not of the schema or is immodest is `bad-command`; a bug in the core is
 * logged once and answered `internal`. Who the sender is was checked by the carrier; what the command means is the core's.
 */
import { COMMANDS, type CommandName, type CommandResult } from '../bridge/commands.ts';
import type { Log } from '../core/ports.ts';
import { fail } from '../../protocol/result.ts';
import { isModest } from './modest.ts';

/** Takes calls that are of their schema. The core's window session is one. */
export interface CallTaker {
  call(name: CommandName, input: unknown): Promise<CommandResult<CommandName>>;
}

export interface BridgeDoor {
  /** Never throws and never rejects. */
  handle(name: unknown, input: unknown): Promise<CommandResult<CommandName>>;
}

export interface BridgeDoorParts {
  readonly session: CallTaker;
  readonly log: Log;
}

const isCommandName = (name: unknown): name is CommandName =>
  typeof name === 'string' && Object.hasOwn(COMMANDS, name);

const isOfSchema = (name: CommandName, input: unknown): boolean =>
  isModest(input) && COMMANDS[name].input.safeParse(input).success;

export function createBridgeDoor({ session, log }: BridgeDoorParts): BridgeDoor {
  return {
    async handle(name, input) {
      try {
        if (!isCommandName(name)) return fail({ kind: 'bad-command' });
        if (!isOfSchema(name, input)) {
          log.warn('bridge.bad-input', { name });
          return fail({ kind: 'bad-command' });
        }
        return await session.call(name, input);
      } catch (error) {
        log.error('bridge.failed', { name: isCommandName(name) ? name : 'unknown', error });
        return fail({ kind: 'internal' });
      }
    },
  };
}
