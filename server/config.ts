/**
 * The relay's configuration: what the operator may choose, from the command line first, then from `LANDLINE_*` of the environment,
 * then the defaults. Secrets are never among it, and a variable that looks like one stops the start: what is in the environment can
 * be read by every program of the account and ends up in crash dumps.
 */
import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { DEFAULT_PORT, isRelayAddress } from '../protocol/invite-link.ts';
import { DEFAULT_LIMITS, FIXED_LIMITS, HIGHEST_LIMITS, type Limits } from '../protocol/limits.ts';
import { fail, ok, type Result } from '../protocol/result.ts';
import { LOG_LEVELS, type LogLevel } from './observe/log.ts';

export interface RelayConfig {
  /** The folder that holds everything: store, keys, control socket. */
  readonly data: string;
  /** The folder of the keys, where several relays of one team share them; the data folder otherwise. */
  readonly keys: string;
  /** Path of the file with the address of the PostgreSQL that holds the team; null: SQLite in the data folder. */
  readonly postgres: string | null;
  /** Path of the file with the address of the Redis by which relays of one team hear each other; null: there is none. */
  readonly redis: string | null;
  /**
   * Path of a folder for blobs that every relay of the team reaches, or of the file that describes a storage server; null: a folder in the
   * data folder, or none on PostgreSQL.
   */
  readonly blobs: string | null;
  /** The address to listen on. `::` is every address of the machine, `127.0.0.1` this machine only. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** `own`: the relay's own key. `off`: plain HTTP, for a proxy in front that speaks TLS. */
  readonly tls: 'own' | 'off';
  /** Path of the certificate that a proxy in front shows: the one whose key desktops will know. Null: the relay's own, or none. */
  readonly proxyCertificate: string | null;
  /** Which relay of a cluster this is; in logs and in `welcome`. */
  readonly node: string;
  readonly log: LogLevel;
  /** Addresses for invites instead of those the machine knows. */
  readonly advertise: readonly string[];
  /** Further names that requests may call the relay by, where no TLS proves the name. */
  readonly allowHost: readonly string[];
  /** Proxies whose `X-Forwarded-For` is believed, last hop only. */
  readonly trustedProxies: readonly string[];
  /** Where the relay's figures may be read, a port of its own; null: nowhere. */
  readonly metrics: MetricsAddress | null;
  readonly limits: Limits;
}

export interface MetricsAddress {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** The options of the command line that make up a configuration, by name. */
export const CONFIG_OPTIONS = {
  data: { value: '<folder>', help: 'where everything is kept (default ./landline-data)' },
  keys: {
    value: '<folder>',
    help: 'the keys, where several relays share them (default: the data folder)',
  },
  postgres: {
    value: '<file>',
    help: 'holds the address of a PostgreSQL to keep the team in (default: SQLite)',
  },
  redis: {
    value: '<file>',
    help: 'holds the address of a Redis by which several relays hear each other',
  },
  blobs: {
    value: '<folder|file>',
    help: 'keeps blobs: a folder that all relays share, or a file that describes an S3 server',
  },
  host: { value: '<address>', help: 'address to listen on (default :: which is all of them)' },
  port: {
    value: '<number>',
    help: `port to listen on (default ${DEFAULT_PORT}; 0 lets the system choose)`,
  },
  tls: {
    value: 'own|off',
    help: "own: the relay's own key; off: only behind a proxy that speaks TLS (default own)",
  },
  'proxy-certificate': {
    value: '<pem>',
    help: 'certificate of the proxy in front; invites then name its key (default none)',
  },
  node: { value: '<name>', help: 'name of this relay in logs (default relay)' },
  log: { value: LOG_LEVELS.join('|'), help: 'how much to log on standard error (default info)' },
  advertise: { value: '<address,…>', help: "addresses for invites (default: this machine's own)" },
  'allow-host': {
    value: '<name,…>',
    help: 'further names for requests without TLS, and to the metrics (default none)',
  },
  'trusted-proxies': {
    value: '<ip,…>',
    help: 'proxies whose X-Forwarded-For is believed (default none)',
  },
  metrics: {
    value: '<ip:port>',
    help: 'where Prometheus may read figures, e.g. 127.0.0.1:9464 (default nowhere)',
  },
  limits: { value: '<json>', help: 'limits to lower or raise, e.g. {"sendsPerSecond":5}' },
} as const;

export type ConfigOption = keyof typeof CONFIG_OPTIONS;
export type ConfigTexts = Partial<Record<ConfigOption, string>>;

/** What is wrong, for the operator: the option's name and why. */
export interface ConfigFault {
  readonly option: string;
  readonly problem: string;
}

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const metrics = z.string().transform((text, context): MetricsAddress | null => {
  if (text === '') return null;
  const [, v6, v4, port = ''] = /^(?:\[([\da-f:.]+)\]|([\d.]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = v6 ?? v4 ?? '';
  if (isIP(host) !== 0 && Number(port) <= 65_535) return { host, port: Number(port) };
  context.addIssue({
    code: 'custom',
    message: 'must be an IP address and a port, e.g. 127.0.0.1:9464',
  });
  return null;
});

/** A storage server takes no more at once, and a blob goes there at once. */
const LARGEST_BLOB_BYTES = 5 * 1024 ** 3;

const limitNames = new Set(Object.keys(DEFAULT_LIMITS));
const fixedLimits: ReadonlySet<string> = new Set(FIXED_LIMITS);
const limits = z.string().transform((text, context): Limits => {
  const wrong = (message: string): Limits => {
    context.addIssue({ code: 'custom', message });
    return DEFAULT_LIMITS;
  };
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return wrong('is not JSON');
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return wrong('is not a JSON object');
  for (const [name, value] of Object.entries(raw)) {
    if (!limitNames.has(name)) return wrong(`has no limit called ${name.slice(0, 40)}`);
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
      return wrong(`${name} must be a number above zero`);
    if (fixedLimits.has(name)) return wrong(`${name} is the same for every relay`);
  }
  const wished: Limits = { ...DEFAULT_LIMITS, ...raw };
  const raised = HIGHEST_LIMITS.find((name) => wished[name] > DEFAULT_LIMITS[name]);
  if (raised) return wrong(`${raised} can only be lowered`);
  if (wished.blobBytes > LARGEST_BLOB_BYTES)
    return wrong('blobBytes must be at most 5368709120 (5 GiB)');
  // A frame that is larger than a second's bytes would be told to wait for ever.
  if (wished.bytesInPerSecond < wished.frameBytes)
    return wrong('bytesInPerSecond must be at least frameBytes');
  return wished;
});

/** Of one relay; far more than anybody needs. */
const MAX_ALLOWED_HOSTS = 32;
const isHostName = (text: string): boolean => isRelayAddress(text) && !/[:[\]]/.test(text);

const optionalPath = z.string().transform((path) => (path === '' ? null : path));

const SCHEMAS = {
  data: z.string().min(1, 'is empty'),
  keys: z.string(),
  postgres: optionalPath,
  redis: optionalPath,
  blobs: optionalPath,
  // Never a name: to listen on one, it would have to be looked up.
  host: z
    .string()
    .transform((host) => (host === 'localhost' ? '127.0.0.1' : host))
    .refine(
      (host) => isIP(host) !== 0,
      'must be an IP address of this machine (or ::, or localhost)',
    ),
  port: z
    .string()
    .regex(/^\d{1,5}$/, 'is not a port')
    .transform(Number)
    .refine((port) => port <= 65_535, 'is not a port'),
  tls: z.enum(['own', 'off'], 'must be own or off'),
  'proxy-certificate': optionalPath,
  node: z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots or dashes'),
  log: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`),
  advertise: list.refine(
    (all) => all.length <= 8 && all.every(isRelayAddress),
    'must be host or host:port, up to 8, commas between',
  ),
  'allow-host': list.refine(
    (all) => all.length <= MAX_ALLOWED_HOSTS && all.every(isHostName),
    `must be host names without a port, up to ${MAX_ALLOWED_HOSTS}, commas between`,
  ),
  'trusted-proxies': list.refine(
    (all) => all.every((item) => z.union([z.ipv4(), z.ipv6()]).safeParse(item).success),
    'must be IP addresses',
  ),
  metrics,
  limits,
} satisfies Record<ConfigOption, z.ZodType>;

const DEFAULTS: Record<ConfigOption, string> = {
  data: 'landline-data',
  keys: '',
  postgres: '',
  redis: '',
  blobs: '',
  host: '::',
  port: String(DEFAULT_PORT),
  tls: 'own',
  'proxy-certificate': '',
  node: 'relay',
  log: 'info',
  advertise: '',
  'allow-host': '',
  'trusted-proxies': '',
  metrics: '',
  limits: '{}',
};

const variableOf = (option: string): string =>
  `LANDLINE_${option.replaceAll('-', '_').toUpperCase()}`;

/** Variables of the environment that mean nothing to the relay: misspelt ones, perhaps. */
export function strayVariables(
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const known = new Set(Object.keys(SCHEMAS).map(variableOf));
  return Object.keys(env).filter((name) => name.startsWith('LANDLINE_') && !known.has(name));
}

/**
 * @param env  only its `LANDLINE_*` variables are looked at
 * @param before  what is known from elsewhere, in place of the defaults
 */
export function readConfig(
  options: ConfigTexts,
  env: Readonly<Record<string, string | undefined>>,
  before: ConfigTexts = {},
): Result<RelayConfig, ConfigFault> {
  const names = Object.keys(SCHEMAS) as ConfigOption[];
  const secret = strayVariables(env).find((name) => /SECRET|KEY|TOKEN|PASSWORD/.test(name));
  if (secret !== undefined)
    return fail({
      option: secret,
      problem: 'must not be set: keys live in files of the data folder',
    });
  const read = {} as { -readonly [K in ConfigOption]: z.output<(typeof SCHEMAS)[K]> };
  for (const option of names) {
    const fromEnv = env[variableOf(option)];
    const parsed = SCHEMAS[option].safeParse(
      options[option] ?? fromEnv ?? before[option] ?? DEFAULTS[option],
    );
    if (!parsed.success) {
      const source =
        options[option] === undefined && fromEnv !== undefined ? variableOf(option) : `--${option}`;
      return fail({ option: source, problem: parsed.error.issues[0]?.message ?? 'is wrong' });
    }
    Object.assign(read, { [option]: parsed.data });
  }
  const {
    'allow-host': allowHost,
    'trusted-proxies': trustedProxies,
    'proxy-certificate': proxyCertificate,
    ...rest
  } = read;
  if (rest.redis !== null && rest.postgres === null) {
    return fail({
      option: '--redis',
      problem: 'needs --postgres: relays that hear each other share one database',
    });
  }
  return ok({
    ...rest,
    keys: rest.keys === '' ? rest.data : rest.keys,
    allowHost,
    trustedProxies,
    proxyCertificate,
  });
}

export const STORE_FILE = 'team.sqlite';
export const TOKEN_KEYS_FILE = 'token-keys.json';
const POSITION_KEY_FILE = 'position-key.json';
/** Which of several PostgreSQL servers is not left behind. */
export const TERM_FILE = 'postgres-term.json';
/** How the relay was last started: what the command line goes by while it does not run. */
const LAST_START_FILE = 'last-start.json';
/** Names the team of this folder: see `team-mark.ts`. */
const TEAM_FILE = 'team-id';
/** What the last restore brought back to life: see `restored.ts`. */
const RESTORED_FILE = 'restored.json';

export const tokenKeysFile = (keys: string): string => join(keys, TOKEN_KEYS_FILE);
export const positionKeyFile = (keys: string): string => join(keys, POSITION_KEY_FILE);

/** Where in the data folder things lie. */
export const dataFiles = (data: string) => ({
  store: join(data, STORE_FILE),
  lastStart: join(data, LAST_START_FILE),
  team: join(data, TEAM_FILE),
  restored: join(data, RESTORED_FILE),
});
