/**
 * The last term a relay was in, kept over its restarts: one that starts while it can reach nothing but the old primary would not know
 * better. It is worth what it says and no more: without the file a relay believes the first server it meets.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Term } from './primary.ts';

export interface TermMemory {
  recall(): Term | undefined;
  /** @throws Error  Node's own, when the disk does not take it */
  keep(term: Term): void;
}

const schema = z.object({ cluster: z.string().max(100), timeline: z.number().int().positive() });

export function createTermFile(path: string): TermMemory {
  const recall = (): Term | undefined => {
    try {
      return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch {
      // Never written, or spoilt.
      return undefined;
    }
  };
  return {
    recall,
    keep({ cluster, timeline }) {
      const known = recall();
      if (timeline === 0 || (known?.cluster === cluster && known.timeline === timeline)) return;
      writeFileSync(`${path}.part`, `${JSON.stringify({ cluster, timeline })}\n`, { mode: 0o600 });
      renameSync(`${path}.part`, path);
    },
  };
}
