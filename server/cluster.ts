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
 * `postgres://landline:password@db.example:5432/landline`, one line for each server between which the team may change by a failover.
 * @param onBare  told once, of all ways together
 * @throws SecretFileError naming what is wrong, never what stands there
 */
export function readPostgresServers(
  path: string,
  onBare: OnBare = ignore,
): readonly { readonly connectionString: string }[] {
  const lines = textIn(path, 'postgres://').split(/\s*\n\s*/);
  if (
    !lines.every((line) => /^postgres(?:ql)?:\/\/\S+$/.test(line) && URL.canParse(withHost(line)))
  )
    throw wrong(path, 'postgres://');
  checkWays(path, lines.map(wayToPostgres), onBare);
  return lines.map((connectionString) => ({ connectionString }));
}

/**
 * One line: `redis://:password@redis.example:6379`; `rediss:` for TLS. Of a cluster some nodes, with commas between; the first one's account
 * is everybody's.
 * @throws SecretFileError naming what is wrong, never what stands there
 */
export function readRedisSettings(path: string, onBare: OnBare = ignore): RedisServers {
  const [first, ...others] = textIn(path, 'redis://')
    .split(',')
    .map((text) => {
      const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
      if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
        throw wrong(path, 'redis://');
      return url;
    }) as [URL, ...URL[]];
  const { username, password, protocol } = first;
  const nodes: RedisServers['nodes'] = [redisNode(first), ...others.map(redisNode)];
  const way = { hasPassword: password !== '', isEncrypted: protocol === 'rediss:' };
  checkWays(
    path,
    nodes.map(({ host }) => ({ ...way, host })),
    onBare,
  );
  return {
    nodes,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: true } : {}),
  };
}

/** Those of PostgreSQL's modes that never fall back to plain text. */
const ENCRYPTED: ReadonlySet<string> = new Set([
  'require',
  'verify-ca',
  'verify-full',
  'no-verify',
]);

/** An account without a host (`postgres://ada@/team?host=…`) is one of this machine, and no URL as others read it. */
const withHost = (address: string): string =>
  address.replace(/^(\w+:\/\/[^/@]*@)\//, '$1localhost/');

function wayToPostgres(address: string): Way {
  const { hostname, password, searchParams } = new URL(withHost(address));
  const sslMode =
    searchParams.get('sslmode') ?? (searchParams.get('ssl') === 'true' ? 'require' : 'disable');
  return {
    host: bareHost(searchParams.get('host') ?? hostname),
    hasPassword: password !== '' || searchParams.has('password') || searchParams.has('sslcert'),
    isEncrypted: ENCRYPTED.has(sslMode),
  };
}

/** @throws SecretFileError where one of them leads over the internet and lacks something */
function checkWays(path: string, ways: readonly Way[], onBare: OnBare): void {
  for (const way of ways) {
    const lacks = lacksOf(way);
    if (lacks.length === 0 || !isPublic(way.host)) continue;
    throw new SecretFileError(
      `${path} leads over the internet without ${lacks.map((lack) => LACKS[lack]).join(' and ')}`,
    );
  }
  const lacks = new Set(ways.flatMap(lacksOf));
  if (lacks.size > 0) onBare([...lacks]);
}

const LACKS: Readonly<Record<Lack, string>> = { password: 'a password', tls: 'TLS' };

const ignore: OnBare = () => undefined;

function textIn(path: string, scheme: string): string {
  const text = readSecretFile(path)?.trim();
  if (!text) throw wrong(path, scheme);
  return text;
}

const wrong = (path: string, scheme: string): SecretFileError =>
  new SecretFileError(
    `${path} should hold an address that begins with ${scheme}, and nothing else`,
  );

const bareHost = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

const redisNode = ({ hostname, port }: URL): RedisPlace => ({
  host: bareHost(hostname),
  port: port === '' ? REDIS_PORT : Number(port),
});
