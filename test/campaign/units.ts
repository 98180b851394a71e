/**
 * What a campaign consists of: parts, and in each part units that run one after the other. A unit is
 * one command; the same command replays it. Seeds go from `firstSeed`; `scale` changes how many.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { QUESTIONS } from '../../bench/questions.ts';
import { ROOT, toolPath } from '../../build/scripts/run.ts';

export interface Unit {
  /** What the record knows it by; the same work always has the same name. */
  readonly name: string;
  /** Arguments of Node, from the root of the repository. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The command that a person types to run it again. */
  readonly replay: string;
}

export interface Size {
  readonly firstSeed: number;
  /** 1 is the whole campaign; 0.1 takes a tenth of the seeds, rounds and schedules. */
  readonly scale: number;
}

export interface Part {
  readonly name: string;
  readonly what: string;
  readonly units: (size: Size) => readonly Unit[];
}

export const SEEDS = 20_000;
const SEEDS_PER_UNIT = 500;
const KILL_ROUNDS = 40;
const SCHEDULES_PER_UNIT = 20;
/** How many units of the chaos each kind of cluster gets. */
const CLUSTERS = [
  { name: 'nginx', args: ['--balancer', 'nginx'], units: 10 },
  { name: 'haproxy', args: ['--balancer', 'haproxy'], units: 5 },
  { name: 'synchronous', args: ['--standby', 'synchronous'], units: 5 },
  { name: 'asynchronous', args: ['--standby', 'asynchronous'], units: 5 },
] as const;
const IN_CAMPAIGN = { LANDLINE_CAMPAIGN: '1', REQUIRE_SERVICES: '1' };

const scaled = (count: number, { scale }: Size): number => Math.max(1, Math.round(count * scale));
const numbers = (count: number, first: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => first + index);

function script(name: string, path: string, ...args: readonly string[]): Unit {
  const words = [path, ...args];
  return { name, args: words, env: IN_CAMPAIGN, replay: `npx node ${words.join(' ')}` };
}

function vitest(name: string, project: string, ...files: readonly string[]): Unit {
  const words = ['run', '--project', project, ...files];
  const env = Object.entries(IN_CAMPAIGN).map(([key, value]) => `${key}=${value}`);
  return {
    name,
    args: [toolPath('vitest'), ...words, '--reporter=minimal'],
    env: IN_CAMPAIGN,
    replay: [...env, 'npx vitest', ...words].join(' '),
  };
}

function simulation(size: Size): readonly Unit[] {
  const end = size.firstSeed + scaled(SEEDS, size);
  const units: Unit[] = [];
  for (let from = size.firstSeed; from < end; from += SEEDS_PER_UNIT) {
    const count = Math.min(SEEDS_PER_UNIT, end - from);
    const seeds = ['--seeds', `${count}`, '--from', `${from}`];
    units.push(script(`seeds ${from} to ${from + count - 1}`, 'test/sim/run.ts', ...seeds));
  }
  return units;
}

const kills = (size: Size): readonly Unit[] =>
  numbers(scaled(KILL_ROUNDS, size), size.firstSeed).map((seed) =>
    script(`kills ${seed}`, 'test/system/run.ts', '--rounds', '1', '--from', `${seed}`),
  );

const chaos = (size: Size): readonly Unit[] =>
  CLUSTERS.flatMap((cluster) =>
    numbers(scaled(cluster.units, size), size.firstSeed).map((seed) =>
      script(
        `chaos ${cluster.name} ${seed}`,
        'test/cluster/campaign.ts',
        ...['--schedules', `${SCHEDULES_PER_UNIT}`, '--seed', `${seed}`],
        ...cluster.args,
      ),
    ),
  );

/** Below the whole size a look of a few seconds a question: it still counts every delivery. */
const load = ({ scale }: Size): readonly Unit[] =>
  QUESTIONS.map(({ name }) => {
    const quick = scale < 1 ? ['--quick'] : [];
    return script(
      `load ${name}${scale < 1 ? ' (quick)' : ''}`,
      'bench/run.ts',
      '--only',
      name,
      ...quick,
    );
  });

/** Each file of the system tests in its long form. */
const system = (): readonly Unit[] =>
  readdirSync(join(ROOT, 'test/system'))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => vitest(`system ${file}`, 'system', `test/system/${file}`));

const CEPH_UNIT_TESTS = [
  'server/adapters/blobs-s3/server.test.ts',
  'test/contracts/blobs.test.ts',
] as const;
const CEPH_SYSTEM_TESTS = ['test/system/blobs.test.ts', 'test/system/blobs-place.test.ts'] as const;

export const PARTS: readonly Part[] = [
  { name: 'simulation', what: 'seeds of the simulation', units: simulation },
  {
    name: 'mutants',
    what: 'every mutant of the simulation is found',
    units: () => [vitest('mutants', 'sim', 'test/sim/plants.test.ts')],
  },
  { name: 'kills', what: 'rounds of kills of real processes', units: kills },
  { name: 'chaos', what: 'schedules of faults in clusters of real processes', units: chaos },
  { name: 'load', what: 'every question of the bench', units: load },
  { name: 'system', what: 'the long forms of the system tests', units: system },
  {
    name: 'ceph',
    what: 'blobs on a real S3 server',
    units: () => [
      vitest('ceph contracts', 'unit', ...CEPH_UNIT_TESTS),
      vitest('ceph system', 'system', ...CEPH_SYSTEM_TESTS),
    ],
  },
];
