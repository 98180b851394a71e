/**
 * Who has which of the colours an avatar may have. In the order in which they came, each takes the colour their id asks for, or, when
 * somebody has it, the next of those that fewest have. So nobody's colour changes when others come, every window shows the same, and
 * no two of the first ten are alike. (Were the id alone to decide, two of any five would share a colour in seven teams of ten.)
 */

/** The classes `hue0` … of `avatar.module.css`. */
export const HUES = 10;

interface Comer {
  readonly id: string;
  readonly joinedAt: number;
}

/** The colour an id asks for; the one of somebody who is not in the team. */
export function hueOf(id: string): number {
  let hash = 7;
  for (let at = 0; at < id.length; at++) hash = (hash * 31 + id.charCodeAt(at)) >>> 0;
  return hash % HUES;
}

export function assignHues(members: readonly Comer[]): ReadonlyMap<string, number> {
  const inOrder = [...members].sort((a, b) => a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1));
  const taken = Array<number>(HUES).fill(0);
  const hues = new Map<string, number>();
  for (const { id } of inOrder) {
    const fewest = Math.min(...taken);
    let hue = hueOf(id);
    while (taken[hue] !== fewest) hue = (hue + 1) % HUES;
    taken[hue] = fewest + 1;
    hues.set(id, hue);
  }
  return hues;
}
