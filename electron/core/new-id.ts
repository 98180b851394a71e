/**
 * Makes identifiers: UUIDs of version 7 from the injected clock and random source, so that they sort by the moment they
 * were made and a seeded run makes the same ones again.
 */
import { v7 } from 'uuid';
import type { Clock, Random } from './ports.ts';

export type NewId = () => string;

export const createNewId =
  ({ clock, random }: { readonly clock: Clock; readonly random: Random }): NewId =>
  () =>
    v7({ msecs: clock.now(), random: random.bytes(16) });
