/**
 * Where the window was, kept in a small file of the data folder. What is read back is held against the displays that are there
 * now: a window that would open where no screen is, or larger than its screen, opens in the middle of the main one instead.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Rectangle } from 'electron';
import { z } from 'zod';

const MIN_WIDTH = 480;
const MIN_HEIGHT = 400;
export const MINIMUM = { minWidth: MIN_WIDTH, minHeight: MIN_HEIGHT } as const;
const USUAL = { width: 1180, height: 780 } as const;
/** So much of the title bar has to be on a screen for a hand to reach it. */
const GRIP_WIDTH = 120;
const GRIP_HEIGHT = 32;

const edge = z.number().int().min(-100_000).max(100_000);
const stored = z.object({ x: edge, y: edge, width: edge, height: edge, isMaximised: z.boolean() });

export interface WindowPlace {
  readonly bounds: Rectangle | { readonly width: number; readonly height: number };
  readonly isMaximised: boolean;
}

const overlap = (start: number, length: number, otherStart: number, otherLength: number): number =>
  Math.min(start + length, otherStart + otherLength) - Math.max(start, otherStart);

/** @param areas  the work areas of the displays, the main one first */
export function placeOnDisplays(remembered: unknown, areas: readonly Rectangle[]): WindowPlace {
  const main = areas[0];
  const usual = {
    width: Math.min(USUAL.width, Math.max(MIN_WIDTH, main?.width ?? USUAL.width)),
    height: Math.min(USUAL.height, Math.max(MIN_HEIGHT, main?.height ?? USUAL.height)),
  };
  const parsed = stored.safeParse(remembered);
  if (!parsed.success) return { bounds: usual, isMaximised: false };
  const { isMaximised, ...bounds } = parsed.data;
  const isReachable = areas.some(
    (area) =>
      overlap(bounds.x, bounds.width, area.x, area.width) >= GRIP_WIDTH &&
      overlap(bounds.y, GRIP_HEIGHT, area.y, area.height) >= GRIP_HEIGHT &&
      bounds.width <= area.width &&
      bounds.height <= area.height,
  );
  const isLargeEnough = bounds.width >= MIN_WIDTH && bounds.height >= MIN_HEIGHT;
  return { bounds: isReachable && isLargeEnough ? bounds : usual, isMaximised };
}

export function readPlace(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** Losing the place of a window is no fault worth a word. */
export function writePlace(path: string, bounds: Rectangle, isMaximised: boolean): void {
  const { x, y, width, height } = bounds;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, JSON.stringify({ x, y, width, height, isMaximised }));
    renameSync(`${path}.new`, path);
  } catch {
    // A full or read-only disk: the next start opens in the middle.
  }
}
