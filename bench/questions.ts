/** Every question of the bench, in the order in which `npm run bench` answers them. */
import { clusterLimit } from './cluster-limit.ts';
import { clusterSize } from './cluster.ts';
import { comingBack } from './coming-back.ts';
import { desktopCatchUp } from './desktop-catch-up.ts';
import { desktopStart } from './desktop-start.ts';
import { durableAcks } from './durable-acks.ts';
import { fanOut } from './fan-out.ts';
import { growth } from './growth.ts';
import { guesses } from './guesses.ts';
import { idleMembers } from './idle-members.ts';
import type { Question } from './kit/question.ts';
import { postgresSends } from './postgres-sends.ts';
import { stoppedReader } from './stopped-reader.ts';
import { textCost } from './text-cost.ts';
import { strangers } from './strangers.ts';

export const QUESTIONS: readonly Question[] = [
  fanOut,
  durableAcks,
  idleMembers,
  comingBack,
  stoppedReader,
  growth,
  desktopStart,
  desktopCatchUp,
  clusterSize,
  clusterLimit,
  postgresSends,
  guesses,
  textCost,
  strangers,
];
