/** The comparison of a relay's doors while somebody looks at it. It goes on without them; who comes back sees how far it is. */
import { useCallback, useEffect, useState } from 'react';
import type { Problem } from '../../../electron/bridge/commands.ts';
import type { LabView } from '../../../electron/bridge/lab.ts';
import { useCommands } from '../app/context.tsx';

export interface LabInHand {
  /** Null until the first look. */
  readonly view: LabView | null;
  readonly problem: Problem | null;
  start(withIdle: boolean): void;
  stop(): void;
}

export function useLab(team: string): LabInHand {
  const commands = useCommands();
  const [begun, setBegun] = useState(0);
  const [view, setView] = useState<LabView | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let isWanted = true;
    const follow = async (): Promise<void> => {
      for (let seen = -1; ;) {
        const answer = await commands.call('lab.look', { team, seen });
        if (!isWanted) return;
        if (!answer.ok) return setProblem(answer.error);
        setView(answer.value);
        if (answer.value.state !== 'running') return;
        seen = answer.value.version;
      }
    };
    void follow();
    return () => {
      isWanted = false;
    };
  }, [commands, team, begun]);
  const start = useCallback(
    (withIdle: boolean) => {
      void commands.call('lab.start', { team, withIdle }).then((answer) => {
        setProblem(answer.ok ? null : answer.error);
        // Also where it runs already: another window began it.
        setBegun((before) => before + 1);
      });
    },
    [commands, team],
  );
  const stop = useCallback(() => void commands.call('lab.stop', { team }), [commands, team]);
  return { view, problem, start, stop };
}
