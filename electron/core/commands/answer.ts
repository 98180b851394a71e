/**
 * The door of the core: takes a name and an input of any kind, and always answers a `Result`. What is not in the table or
 * not of its schema is `bad-command`; what breaks inside is told to whoever can mend it, and answered without details.
 */
import {
  COMMANDS,
  type CommandHandlers,
  type CommandName,
  type CommandResult,
} from '../../bridge/commands.ts';
import { errorName } from '../background.ts';
import { SqliteFailure } from '../cache/sqlite.ts';
import type { Log } from '../ports.ts';
import { problem } from '../problems.ts';

export interface AnswerParts {
  readonly handlers: CommandHandlers;
  readonly log: Log;
  /** Resolves when the window has been told everything that is due. */
  readonly told: () => Promise<void>;
  readonly onFault: (error: unknown) => void;
}

/** Who is told of a new team or channel may go there at once: it has to be in the window's state. */
const MAKES_PLACES: ReadonlySet<CommandName> = new Set([
  'team.start',
  'team.setup',
  'team.join',
  'team.sign-in',
  'channel.create',
  'channel.direct',
  'channel.join',
]);

export async function answer(
  { handlers, log, told, onFault }: AnswerParts,
  name: string,
  input: unknown,
): Promise<CommandResult<CommandName>> {
  if (!Object.hasOwn(COMMANDS, name)) return problem('bad-command');
  const known = name as CommandName;
  const parsed = COMMANDS[known].input.safeParse(input);
  if (!parsed.success) return problem('bad-command');
  try {
    const handle = handlers[known] as (input: unknown) => Promise<CommandResult<CommandName>>;
    const result = await handle(parsed.data);
    if (result.ok && MAKES_PLACES.has(known)) await told();
    return result;
  } catch (error) {
    log.error('command.failed', { command: known, error: errorName(error) });
    onFault(error);
    return problem(error instanceof SqliteFailure ? 'unavailable' : 'internal');
  }
}
