/**
 * The way from this process to the browser. A command line can be read by every account of the
 * computer, so the browser is given the name of a private file, and the file leads on to the
 * address with its one-time ticket. A page goes when its ticket is used, after a minute, and with
 * the host.
 */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/ports.ts';

export interface OpenPages {
  /** Writes the page and answers its path. @throws where the folder cannot be made private */
  write(address: string): string;
  /** Sees to it that the page of this address goes, whichever process wrote it. */
  watch(address: string): void;
  used(ticket: string): void;
  /** Removes all of them: the tickets of a host that has ended are worth nothing. */
  clear(): void;
}

export interface OpenPagesParts {
  /** Of ours alone; made if there is none. */
  readonly folder: string;
  readonly clock: Pick<Clock, 'after'>;
  /** A page was written and never used: the browser may not be able to read it. */
  readonly onUnused: () => void;
}

/** A browser that starts takes seconds. */
export const OPEN_PAGE_MS = 60_000;
const ADDRESS = /^http:\/\/127\.0\.0\.1:\d{1,5}\/#t=([\w-]+)$/;

export function createOpenPages({ folder, clock, onUnused }: OpenPagesParts): OpenPages {
  // By the ticket's hash: the name of a file is no secret, and both processes find it.
  const pathOf = (ticket: string): string =>
    join(folder, `${createHash('sha256').update(ticket).digest('hex').slice(0, 32)}.html`);

  /** Whether there was one. */
  const remove = (ticket: string): boolean => {
    const path = pathOf(ticket);
    const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    rmSync(path, { force: true });
    return isThere;
  };

  return {
    write: (address) => {
      const path = pathOf(ticketOf(address));
      makePrivate(folder);
      writeFileSync(path, redirectTo(address), { mode: 0o600, flag: 'wx' });
      return path;
    },
    watch: (address) => {
      const ticket = ticketOf(address);
      clock.after(OPEN_PAGE_MS, () => {
        if (remove(ticket)) onUnused();
      });
    },
    used: (ticket) => void remove(ticket),
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function ticketOf(address: string): string {
  const ticket = ADDRESS.exec(address)?.[1];
  if (ticket === undefined) throw new Error('not an address of this host');
  return ticket;
}

/** Another account may have made the folder first, or a link in its place. */
function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(folder);
  const isOurs = process.getuid === undefined || uid === process.getuid();
  if (!isOurs || !lstatSync(folder).isDirectory())
    throw new Error('the folder for the way to the browser belongs to another account');
  chmodSync(folder, 0o700);
}

/**
 * No script: a browser may not run one from a file. The address has only characters that HTML
 * leaves alone.
 */
const redirectTo = (address: string): string =>
  [
    '<!doctype html>',
    '<meta charset="utf-8">',
    '<meta name="referrer" content="no-referrer">',
    `<meta http-equiv="refresh" content="0;url=${address}">`,
    '<title>Landline</title>',
    `<p><a href="${address}">Landline</a></p>`,
    '',
  ].join('\n');
