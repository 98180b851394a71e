/** What the window asks about the line while somebody looks: an examination as it goes on, and the record of the wire. */
import { useCallback, useEffect, useState } from 'react';
import type { Problem } from '../../../electron/bridge/commands.ts';
import type { CheckView, LineRecordView } from '../../../electron/bridge/line.ts';
import { useIsVisible } from '../../ui/hooks.ts';
import { useCommands } from '../app/context.tsx';

const LOOK_MS = 1_000;

interface Run {
  readonly n: number;
  readonly withSilence: boolean;
}

export interface LineCheckInHand {
  readonly check: CheckView | null;
  readonly problem: Problem | null;
  readonly isRunning: boolean;
  start(withSilence: boolean): void;
  stop(): void;
}

/** Who goes away stops what they began. */
export function useLineCheck(team: string): LineCheckInHand {
  const commands = useCommands();
  const [run, setRun] = useState<Run | null>(null);
  const [check, setCheck] = useState<CheckView | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    if (run === null) return undefined;
    let isWanted = true;
    const follow = async (): Promise<void> => {
      const begun = await commands.call('line.check', { team, withSilence: run.withSilence });
      if (!begun.ok) return isWanted ? setProblem(begun.error) : undefined;
      for (let seen = 0; ;) {
        const answer = await commands.call('line.checked', { team, seen });
        if (!isWanted) return;
        if (!answer.ok) return setProblem(answer.error);
        setCheck(answer.value);
        if (answer.value.state !== 'running') return;
        seen = answer.value.findings.length;
      }
    };
    void follow();
    return () => {
      isWanted = false;
      void commands.call('line.check-stop', { team });
    };
  }, [commands, team, run]);
  const start = useCallback((withSilence: boolean) => {
    setCheck({ steps: [], findings: [], waits: null, state: 'running' });
    setProblem(null);
    setRun((before) => ({ n: (before?.n ?? 0) + 1, withSilence }));
  }, []);
  const stop = useCallback(() => void commands.call('line.check-stop', { team }), [commands, team]);
  return { check, problem, isRunning: check?.state === 'running' && problem === null, start, stop };
}

/** Null until the first look. Asks only while the window can be seen. */
export function useLineRecord(team: string): LineRecordView | null {
  const commands = useCommands();
  const isVisible = useIsVisible();
  const [record, setRecord] = useState<LineRecordView | null>(null);
  useEffect(() => {
    if (!isVisible) return undefined;
    let isWanted = true;
    let seen = -1;
    const look = async (): Promise<void> => {
      const answer = await commands.call('line.record', { team, seen });
      if (!isWanted || !answer.ok || answer.value === null) return;
      seen = answer.value.version;
      setRecord(answer.value);
    };
    void look();
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [commands, team, isVisible]);
  return record;
}
