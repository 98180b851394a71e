/** Fresh ids for what the relay itself makes: members, sessions, invites. UUID version 4 from the injected randomness. */
import { v4 } from 'uuid';
import type { Random } from '../ports/clock.ts';

export const newId = <Id extends string = string>(random: Random): Id =>
  v4({ random: random.bytes(16) }) as Id;
