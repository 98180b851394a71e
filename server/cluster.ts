/**
 * The servers that the relays of a cluster share. The address of each stands alone in a file that only this account can read, since it may
 * hold a password: addresses on a command line are shown to every account of the machine.
 */
import { readSecretFile, SecretFileError } from './auth/secret-file.ts';
import { isPublic, lacksOf, type Lack, type Way } from './exposure.ts';

const REDIS_PORT = 6_379;

interface RedisPlace {
  readonly host: string;
  readonly port: number;
}

export interface RedisServers {
  readonly nodes: readonly [RedisPlace, ...RedisPlace[]];
  readonly username?: string;
  readonly password?: string;
  readonly tls?: true;
}

/** Told what the way to a server lacks, where a person should know of it and it may be well all the same. */
export type OnBare = (lacks: readonly Lack[]) => void;

/**
 * One line: `postgres://landline:password@db.example:5432/landline`.
 * @throws SecretFileError naming what is wrong, never what stands there
 */
export function readPostgresAddress(path: string, onBare: OnBare = ignore): { readonly connectionString: string } {
  const address = lineIn(path, 'postgres://');
  if (!/^postgres(?:ql)?:\/\/\S+$/.test(address) || !URL.canParse(address)) throw wrong(path, 'postgres://');
  const { hostname, password, searchParams } = new URL(address);
  const sslMode = searchParams.get('sslmode') ?? (searchParams.get('ssl') === 'true' ? 'require' : 'disable');
  const host = searchParams.get('host') ?? hostname;
  const hasPassword = password !== '' || searchParams.has('password') || searchParams.has('sslcert');
  checkWay(path, { host: bareHost(host), hasPassword, isEncrypted: ENCRYPTED.has(sslMode) }, onBare);
  return { connectionString: address };
}

/**
 * One line: `redis://:password@redis.example:6379`; `rediss:` for TLS. Of a cluster some nodes, with commas between; the first one's account
 * is everybody's.
 * @throws SecretFileError naming what is wrong, never what stands there
 */
export function readRedisSettings(path: string, onBare: OnBare = ignore): RedisServers {
  const [first, ...others] = lineIn(path, 'redis://')
    .split(',')
    .map((text) => {
      const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
      if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '') throw wrong(path, 'redis://');
      return url;
    }) as [URL, ...URL[]];
  const { username, password, protocol } = first;
  const nodes: RedisServers['nodes'] = [redisNode(first), ...others.map(redisNode)];
  const way = { hasPassword: password !== '', isEncrypted: protocol === 'rediss:' };
  // The barest of them says it for all.
  const barest = nodes.find(({ host }) => isPublic(host)) ?? nodes.find(({ host }) => lacksOf({ ...way, host }).length > 0) ?? nodes[0];
  checkWay(path, { ...way, host: barest.host }, onBare);
  return {
    nodes,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: true } : {}),
  };
}

/** Those of PostgreSQL's modes that never fall back to plain text. */
const ENCRYPTED: ReadonlySet<string> = new Set(['require', 'verify-ca', 'verify-full', 'no-verify']);

function checkWay(path: string, way: Way, onBare: OnBare): void {
  const lacks = lacksOf(way);
  if (lacks.length === 0) return;
  if (isPublic(way.host)) {
    throw new SecretFileError(`${path} leads over the internet without ${lacks.map((lack) => LACKS[lack]).join(' and ')}`);
  }
  onBare(lacks);
}

const LACKS: Readonly<Record<Lack, string>> = { password: 'a password', tls: 'TLS' };

const ignore: OnBare = () => undefined;

function lineIn(path: string, scheme: string): string {
  const line = readSecretFile(path)?.trim();
  if (!line) throw wrong(path, scheme);
  return line;
}

const wrong = (path: string, scheme: string): SecretFileError =>
  new SecretFileError(`${path} should hold one line, an address that begins with ${scheme}`);

const bareHost = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

const redisNode = ({ hostname, port }: URL): RedisPlace => ({
  host: bareHost(hostname),
  port: port === '' ? REDIS_PORT : Number(port),
});
