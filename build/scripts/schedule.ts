/** Runs steps in the order that they name: each after one other, side by side where the order allows. */

export interface Ordered {
  readonly name: string;
  /** The step that has to end first. */
  readonly after?: string;
}

/** The chosen step that has to end before this one: `after`, or the nearest before that. */
export function predecessorOf<Step extends Ordered>(
  { after }: Step,
  all: readonly Step[],
  chosen: readonly Step[],
): Step | undefined {
  const before = all.find(({ name }) => name === after);
  return before === undefined || chosen.includes(before)
    ? before
    : predecessorOf(before, all, chosen);
}

export interface Schedule {
  /** Whether two steps may run at one time. */
  readonly isSideBySide: boolean;
  /** Resolves when every step has ended. */
  run(): Promise<void>;
}

export function schedule<Step extends Ordered>(
  all: readonly Step[],
  chosen: readonly Step[],
  run: (step: Step) => Promise<void>,
): Schedule {
  const before = new Map(chosen.map((step) => [step, predecessorOf(step, all, chosen)]));
  const ends = new Map<Step, Promise<void>>();
  const endOf = (step: Step): Promise<void> => {
    const known = ends.get(step);
    if (known) return known;
    const first = before.get(step);
    const end = (first ? endOf(first) : Promise.resolve()).then(() => run(step));
    ends.set(step, end);
    return end;
  };
  return {
    isSideBySide: new Set(before.values()).size < chosen.length,
    run: async () => void (await Promise.all(chosen.map(endOf))),
  };
}
