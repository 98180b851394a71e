/** Runs steps in the order that they name: each after some others, side by side where that allows it. */

export interface Ordered {
  readonly name: string;
  /** The steps that have to end first. One that is not chosen stands for those before it. */
  readonly after?: readonly string[];
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
  const before = (step: Step): readonly Step[] =>
    all
      .filter(({ name }) => step.after?.includes(name))
      .flatMap((one) => (chosen.includes(one) ? [one] : before(one)));
  const ends = new Map<Step, Promise<void>>();
  const endOf = (step: Step): Promise<void> => {
    const known = ends.get(step);
    if (known) return known;
    const end = Promise.all(before(step).map(endOf)).then(() => run(step));
    ends.set(step, end);
    return end;
  };
  const allBefore = (step: Step): readonly Step[] =>
    before(step).flatMap((one) => [one, ...allBefore(one)]);
  return {
    isSideBySide: chosen.some((one) =>
      chosen.some(
        (other) =>
          one !== other && !allBefore(one).includes(other) && !allBefore(other).includes(one),
      ),
    ),
    run: async () => void (await Promise.all(chosen.map(endOf))),
  };
}
