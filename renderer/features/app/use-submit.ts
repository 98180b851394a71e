/** A form's own command: busy while it runs, and its refusal kept to be shown beside the fields. */
import { useCallback, useState } from 'react';
import type {
  CommandInput,
  CommandName,
  CommandOutput,
  Problem,
} from '../../../electron/bridge/commands.ts';
import { useCommands } from './context.tsx';

export interface Submit {
  readonly isBusy: boolean;
  readonly problem: Problem | null;
  /** The answer's value, or null when it was refused. */
  run<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
  ): Promise<{ readonly value: CommandOutput<Name> } | null>;
  forget(): void;
}

export function useSubmit(): Submit {
  const commands = useCommands();
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = useCallback(
    async <Name extends CommandName>(name: Name, input: CommandInput<Name>) => {
      setIsBusy(true);
      setProblem(null);
      const answer = await commands.call(name, input);
      setIsBusy(false);
      if (answer.ok) return { value: answer.value };
      setProblem(answer.error);
      return null;
    },
    [commands],
  );
  const forget = useCallback(() => setProblem(null), []);
  return { isBusy, problem, run, forget };
}
