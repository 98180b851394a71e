/**
 * The rooms of the house and the arrows between them, as one table. What is not listed is refused: another room, a package
 * from npm, a module of Node. The lint rule in `rooms-rule.ts` enforces it and `test/fences/` plants a bad import for each line
 * to see it refused. What a room can see of its surroundings (DOM, Node) is the business of its tsconfig.json.
 */

/** How far one room may reach into another: everything, or only what is erased before it runs. */
export type Reach = 'value' | 'type';

export interface Room {
  /** The folder (or the one file) this row speaks for, from the root, without a trailing slash. The longest match wins. */
  readonly at: string;
  /** Other rows this one may import. Its own files it may always import. */
  readonly rooms: Readonly<Record<string, Reach>>;
  /** Packages it may import; `@scope/*` allows a scope, and a package allows its subpaths. */
  readonly packages: readonly string[];
  /** Modules of Node it may import. */
  readonly node: 'all' | 'none' | readonly string[];
  /** Why, in the words of the refusal. */
  readonly why: string;
}

const SERVER_INSIDE = {
  protocol: 'value',
  'server/ports': 'value',
  'server/limits': 'value',
} as const;

const HOST_INSIDE = {
  protocol: 'value',
  doctor: 'value',
  'electron/bridge': 'value',
  'electron/core': 'value',
  'electron/core/cache': 'value',
} as const;

export const ROOMS: readonly Room[] = [
  {
    at: 'protocol',
    rooms: {},
    packages: ['zod'],
    node: 'none',
    why: 'the wire is defined once and leans on nothing but zod',
  },
  {
    at: 'doctor',
    rooms: { protocol: 'value' },
    packages: ['ws'],
    node: 'all',
    why: 'the doctor of the line is shared by desktop and relay, and knows neither',
  },
  {
    at: 'electron/bridge',
    rooms: { protocol: 'type', doctor: 'type' },
    packages: ['zod'],
    node: 'none',
    why: 'the bridge is data: it knows zod and the types of the wire',
  },
  {
    at: 'electron/core',
    rooms: {
      protocol: 'value',
      doctor: 'value',
      'electron/bridge': 'value',
      'electron/core/cache': 'value',
    },
    packages: ['zod', 'ws', 'uuid', 'uqr'],
    node: 'all',
    why: 'the core is plain Node: wire, bridge, and never Electron or a host',
  },
  {
    at: 'electron/core/cache',
    rooms: { protocol: 'value', 'electron/bridge': 'value', 'electron/core': 'value' },
    packages: ['zod', 'uuid', 'better-sqlite3'],
    node: 'all',
    why: 'only the cache knows the database driver',
  },
  {
    at: 'electron/host',
    rooms: HOST_INSIDE,
    packages: ['zod', 'ws', 'uuid', 'pino'],
    node: 'all',
    why: 'what both hosts share knows neither of them, nor Electron',
  },
  {
    at: 'electron/main',
    rooms: { ...HOST_INSIDE, 'electron/host': 'value' },
    packages: ['electron', 'zod', 'ws', 'uuid', 'pino'],
    node: 'all',
    why: 'the Electron host wraps the core; the relay is started by the path of its file, never imported',
  },
  {
    at: 'electron/main/relay-process.ts',
    rooms: {
      protocol: 'value',
      server: 'value',
      'server/relay.ts': 'value',
      'server/main.ts': 'value',
      'server/ports': 'value',
    },
    packages: ['electron'],
    node: 'all',
    why: 'this one file is the process in which the app runs a relay',
  },
  {
    at: 'electron/preload',
    rooms: { 'electron/bridge': 'value' },
    packages: ['electron'],
    node: 'none',
    why: 'the preload is sandboxed and holds no logic: the bridge contract and Electron, nothing else',
  },
  {
    at: 'electron/loopback',
    rooms: { ...HOST_INSIDE, 'electron/host': 'value' },
    packages: ['zod', 'ws', 'uuid', 'pino'],
    node: 'all',
    why: 'the loopback host wraps the core; a relay is started by the path of its file, never imported',
  },
  {
    at: 'electron/loopback/page',
    rooms: { 'electron/bridge': 'value' },
    packages: [],
    node: 'none',
    why: 'the carrier in the page stands where the preload stands: the bridge and the browser, nothing else',
  },
  {
    at: 'renderer',
    rooms: { 'electron/bridge': 'value', protocol: 'type', doctor: 'type' },
    packages: [
      'react',
      'react-dom',
      'zustand',
      '@tanstack/react-virtual',
      'react-aria-components',
      '@formatjs/intl',
      'lucide-react',
      'marked',
      'highlight.js',
      'uqr',
      '@fontsource-variable/*',
    ],
    node: 'none',
    why: 'the window knows the bridge and the types of the wire',
  },
  {
    at: 'server',
    rooms: {
      ...SERVER_INSIDE,
      doctor: 'value',
      'server/domain': 'value',
      'server/auth': 'value',
      'server/gateway': 'value',
      'server/http': 'value',
    },
    packages: ['zod', 'fastify', 'ws', 'jose', 'pino', 'prom-client', 'uuid', 'uqr'],
    node: 'all',
    why: 'adapters are constructed by server/relay.ts alone',
  },
  {
    at: 'server/relay.ts',
    rooms: {
      ...SERVER_INSIDE,
      server: 'value',
      'server/domain': 'value',
      'server/auth': 'value',
      'server/gateway': 'value',
      'server/http': 'value',
      'server/adapters': 'value',
    },
    packages: ['zod', 'fastify', 'ws', 'jose', 'pino', 'uuid'],
    node: 'all',
    why: 'the composition root wires parts and leaves drivers to the adapters',
  },
  {
    at: 'server/main.ts',
    rooms: {
      ...SERVER_INSIDE,
      doctor: 'value',
      server: 'value',
      'server/relay.ts': 'value',
      'server/domain': 'value',
      'server/auth': 'value',
      'server/adapters': 'value',
    },
    packages: ['zod', 'pino', 'uqr'],
    node: 'all',
    why: 'the command line starts the relay',
  },
  {
    at: 'server/ports',
    rooms: { protocol: 'value' },
    packages: [],
    node: 'none',
    why: 'ports are interfaces with their guarantees in words',
  },
  {
    at: 'server/limits',
    rooms: { protocol: 'value', 'server/ports': 'value' },
    packages: [],
    node: ['node:net'],
    why: 'rates and counts know addresses and a clock, never who asks or how',
  },
  {
    at: 'server/domain',
    rooms: SERVER_INSIDE,
    packages: ['zod'],
    node: ['node:crypto'],
    why: 'the domain knows ports, never adapters, sockets or disks',
  },
  {
    at: 'server/auth',
    rooms: { ...SERVER_INSIDE, 'server/domain': 'value' },
    packages: ['zod', 'jose', 'uuid'],
    node: 'all',
    why: 'passwords, tokens and sessions stand on the ports',
  },
  {
    at: 'server/gateway',
    rooms: { ...SERVER_INSIDE, 'server/domain': 'value', 'server/auth': 'value', server: 'type' },
    packages: ['zod', 'ws'],
    node: 'all',
    why: 'the gateway stands on domain and ports, never on adapters',
  },
  {
    at: 'server/http',
    rooms: {
      ...SERVER_INSIDE,
      'server/domain': 'value',
      'server/auth': 'value',
      'server/gateway': 'value',
      server: 'type',
    },
    packages: ['zod', 'fastify', 'uuid'],
    node: 'all',
    why: 'the HTTP doors stand on domain and ports, never on adapters',
  },
  {
    at: 'server/adapters',
    rooms: { ...SERVER_INSIDE, server: 'type' },
    packages: ['better-sqlite3', 'pg', 'redis', 'aws4fetch', 'sax', 'zod', 'uuid'],
    node: 'all',
    why: 'adapters fulfil ports and know nothing of the domain',
  },
];

/** Rooms without fences: they look at all the others, and no other room looks at them. */
export const OBSERVERS: readonly string[] = ['test', 'bench', 'build'];

/** A test beside its file may look at anything, like the files under test/. */
export const isTestFile = (path: string): boolean => /\.test\.tsx?$/.test(path);

const holds = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(`${folder}/`);

/** The row that speaks for a file, given its path from the root with forward slashes. */
export function roomOf(path: string): Room | undefined {
  return ROOMS.filter((room) => holds(room.at, path)).sort((a, b) => b.at.length - a.at.length)[0];
}

const packageMatches = (allowed: string, asked: string): boolean =>
  allowed.endsWith('/*') ? asked.startsWith(allowed.slice(0, -1)) : holds(allowed, asked);

/** Where an import points: a path from the root, a package by its bare specifier, or a `node:` module. */
export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'node'; readonly name: string };

/** One import as the rule sees it. */
export interface Arrow {
  readonly from: string;
  readonly target: Target;
  readonly reach: Reach;
}

/** The sentence that refuses an import, or undefined where it is allowed. */
export function refusal({ from, target, reach }: Arrow): string | undefined {
  const room = roomOf(from);
  if (room === undefined || isTestFile(from)) return undefined;
  const may = (what: string): string => `${room.at} may not import ${what}: ${room.why}.`;
  if (target.kind === 'node') {
    return room.node === 'all' || room.node.includes(target.name)
      ? undefined
      : may(`"${target.name}"`);
  }
  if (target.kind === 'package') {
    return room.packages.some((allowed) => packageMatches(allowed, target.name))
      ? undefined
      : may(`"${target.name}"`);
  }
  if (isTestFile(target.path)) return may(`a test (${target.path})`);
  const other = roomOf(target.path);
  if (other === undefined) return may(target.path);
  if (other === room) return undefined;
  const allowed = room.rooms[other.at];
  if (allowed === undefined) return may(`${other.at} (${target.path})`);
  if (allowed === 'type' && reach === 'value')
    return may(`more than types from ${other.at}; write "import type"`);
  return undefined;
}
