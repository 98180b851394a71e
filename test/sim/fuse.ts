/**
 * Where a kill strikes. A process can die at any instant; in one thread the instants that differ are those at which it has just done one
 * durable or outward thing and not yet the next. Each such instant is a named point; a lit fuse burns down at its point and kills there,
 * in the middle of whatever was going on.
 */
export interface Fuse<Point extends string> {
  /** Strikes when this point is passed for the `count`th time from now. */
  light(point: Point, count: number): void;
  /** The program passes this point. */
  pass(point: Point): void;
  readonly isLit: boolean;
  putOut(): void;
}

export function createFuse<Point extends string>(strike: (point: Point) => void): Fuse<Point> {
  let lit: { readonly point: Point; left: number } | undefined;
  return {
    light: (point, count) => {
      lit = { point, left: count };
    },
    pass: (point) => {
      if (lit?.point !== point || --lit.left > 0) return;
      lit = undefined;
      strike(point);
    },
    get isLit() {
      return lit !== undefined;
    },
    putOut: () => {
      lit = undefined;
    },
  };
}
