/**
 * The servers that the relays of a cluster share. The address of each stands alone in a file that only this account can read, since it may
 * hold a password: addresses on a command line are shown to every account of the machine.
 */
import { readSecretFile, SecretFileError } from './auth/secret-file.ts';

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

/**
 * One line: `postgres://landline:password@db.example:5432/landline`.
 * @throws SecretFileError naming what is wrong, never what stands there
 */
export function readPostgresAddress(path: string): { readonly connectionString: string } {
  const address = lineIn(path, 'postgres://');
  if (!/^postgres(?:ql)?:\/\/\S+$/.test(address)) throw wrong(path, 'postgres://');
  return { connectionString: address };
}

/**
 * One line: `redis://:password@redis.example:6379`; `rediss:` for TLS. Of a cluster some nodes, with commas between; the first one's account
 * is everybody's.
 * @throws SecretFileError naming what is wrong, never what stands there
 */
export function readRedisSettings(path: string): RedisServers {
  const [first, ...others] = lineIn(path, 'redis://')
    .split(',')
    .map((text) => {
      const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
      if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '') throw wrong(path, 'redis://');
      return url;
    }) as [URL, ...URL[]];
  const { username, password, protocol } = first;
  return {
    nodes: [redisNode(first), ...others.map(redisNode)],
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: true } : {}),
  };
}

function lineIn(path: string, scheme: string): string {
  const line = readSecretFile(path)?.trim();
  if (!line) throw wrong(path, scheme);
  return line;
}

const wrong = (path: string, scheme: string): SecretFileError =>
  new SecretFileError(`${path} should hold one line, an address that begins with ${scheme}`);

const redisNode = ({ hostname, port }: URL): RedisPlace => ({
  host: hostname.replace(/^\[(.*)\]$/, '$1'),
  port: port === '' ? REDIS_PORT : Number(port),
});
