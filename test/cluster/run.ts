/**
 * `npm run cluster`: a whole cluster on this machine, to try out, and the app pointed at its balancer; the line in the window names the
 * relay it hangs on. Then it takes orders, a line each. Everything is thrown away at the end.
 *
 *   npm run cluster -- [--relays 3] [--balancer nginx|haproxy] [--no-app]
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { provideNeeds } from '../../build/scripts/needs.ts';
import { ROOT } from '../../build/scripts/run.ts';
import type { BalancerKind, Cluster, ClusterNode } from './cluster.ts';

const NAMES = ['one', 'two', 'three'];
const HELP = `Orders, a line each:
  kill one        ends relay "one" at once, as a power cut would; so for redis and postgres
  start one       starts it again
  drain one       lets relay "one" send its members elsewhere first
  stop redis      leaves its connections open and answers nothing; "go redis" ends that
  status          who is up, and how many sockets each relay holds
  end             ends everything
`;

const { values } = parseArgs({
  options: {
    relays: { type: 'string', default: '3' },
    balancer: { type: 'string', default: 'nginx' },
    'no-app': { type: 'boolean', default: false },
  },
});
const count = Number(values.relays);
const kind = values.balancer;
if (!Number.isInteger(count) || count < 1 || count > NAMES.length)
  stop(`--relays must be 1 to ${NAMES.length}`);
if (!isBalancer(kind)) stop('--balancer must be nginx or haproxy');

await provideNeeds();
// What the machine has is looked for when this is loaded.
const { missingFor, startCluster } = await import('./cluster.ts');
const missing = missingFor(kind);
if (missing.length > 0)
  stop(
    `A cluster needs ${missing.join(' and ')}. Install ${missing.length > 1 ? 'them' : 'it'}, or run one relay: npm run relay`,
  );

const cluster = await startCluster({ names: NAMES.slice(0, count), balancer: kind });
const app = values['no-app'] ? undefined : openApp(cluster);
console.log(`\nThe team is at ${cluster.address}, behind ${kind}:`);
for (const { name, port, metricsPort } of cluster.nodes) {
  console.log(
    `  relay ${name.padEnd(6)} port ${port}, figures at http://127.0.0.1:${metricsPort}/metrics`,
  );
}
console.log(`\nWhoever opens this link founds the team:\n  ${cluster.setupLink}\n\n${HELP}`);

const lines = createInterface({ input: process.stdin });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => lines.close());
app?.once('exit', () => lines.close());
for await (const line of lines) {
  const [order = '', what = ''] = line.trim().split(/\s+/);
  if (order === 'end') break;
  try {
    console.log(await obey(cluster, order, what));
  } catch (error) {
    console.log((error as Error).message);
  }
}
await close();

async function obey(
  { nodes, redis, postgres }: Cluster,
  order: string,
  what: string,
): Promise<string> {
  const node = nodes.find(({ name }) => name === what);
  switch (`${order} ${node ? 'relay' : what}`.trim()) {
    case 'kill relay':
      return (node as ClusterNode).kill().then(() => `${what} is gone`);
    case 'drain relay':
      return (node as ClusterNode)
        .kill('SIGTERM')
        .then(() => `${what} has sent everybody away and is gone`);
    case 'start relay':
      if (node?.isUp === true) return `${what} is up`;
      return (node as ClusterNode).start().then(() => `${what} is up`);
    case 'kill redis':
      return redis.kill().then(() => 'redis is gone: relays look for news every few seconds');
    case 'start redis':
      return redis.restart().then(() => 'redis is up');
    case 'stop redis':
      redis.stop();
      return 'redis answers nothing';
    case 'go redis':
      redis.goOn();
      return 'redis goes on';
    case 'kill postgres':
      return postgres
        .kill()
        .then(() => 'postgres is gone: nothing is acknowledged until it is back');
    case 'start postgres':
      return postgres.restart().then(() => 'postgres is up');
    case 'status':
      return (await Promise.all(nodes.map(statusOf))).join('\n');
    default:
      return HELP;
  }
}

async function statusOf({ name, isUp, metricsPort }: ClusterNode): Promise<string> {
  if (!isUp) return `${name}: down`;
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  const [, sockets = '?'] = /^landline_sockets (\d+)$/m.exec(await answer.text()) ?? [];
  return `${name}: up, ${sockets} sockets`;
}

/** The app with a folder of its own, so that nobody's real teams are touched. */
function openApp({ folder, setupLink }: Cluster): ChildProcess {
  const args = [join(ROOT, 'build/scripts/start.ts'), '--data', join(folder, 'app'), setupLink];
  return spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function close(): Promise<void> {
  if (app?.exitCode === null) {
    app.kill('SIGTERM');
    await once(app, 'exit');
  }
  await cluster.dispose();
  process.exit(0);
}

function isBalancer(text: string): text is BalancerKind {
  return text === 'nginx' || text === 'haproxy';
}

function stop(reason: string): never {
  console.error(reason);
  process.exit(1);
}
