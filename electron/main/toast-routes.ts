/**
 * Where each toast leads, by the id it has in the system, kept in a small file: a toast outlives the app in the system's list,
 * and a click on it may be what starts the app. Ids only, no contents; the oldest are forgotten.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Toast } from '../core/ports.ts';

export type ToastRoute = Toast['route'];

export interface ToastRoutes {
  remember(id: string, route: ToastRoute): void;
  find(id: string): ToastRoute | undefined;
}

const MAX_ROUTES = 100;
const part = z.string().min(1).max(64);
const stored = z.array(
  z.tuple([z.string().max(64), z.object({ team: part, channel: part, message: part })]),
);

/** Windows allows a toast a tag of 16 characters on its older builds, and tags of the core are longer. */
export const toastId = (tag: string): string =>
  createHash('sha256').update(tag).digest('hex').slice(0, 16);

export function openToastRoutes(path: string): ToastRoutes {
  const routes = new Map<string, ToastRoute>(readStored(path));
  return {
    remember(id, route) {
      routes.delete(id);
      routes.set(id, route);
      for (const oldest of routes.keys()) {
        if (routes.size <= MAX_ROUTES) break;
        routes.delete(oldest);
      }
      try {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(`${path}.new`, JSON.stringify([...routes]), { mode: 0o600 });
        renameSync(`${path}.new`, path);
      } catch {
        // Without the file a click after a restart opens the window where it was.
      }
    },
    find: (id) => routes.get(id),
  };
}

function readStored(path: string): z.infer<typeof stored> {
  try {
    const parsed = stored.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}
