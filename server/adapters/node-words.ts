/** How nodes of a team read what comes to them over Redis: small JSON in a known shape that names their team and who speaks. */
import { z } from 'zod';
import { teamId, type TeamId } from '../../protocol/ids.ts';

/** What every word begins with. `from`: a node from its start to its end, 128 random bits. */
export const spoken = z.object({
  v: z.literal(1),
  team: teamId,
  from: z.string().regex(/^[0-9a-f]{32}$/),
});

type Spoken = z.output<typeof spoken>;

/** Undefined for what no node of this team can have said. */
export function readWord<Word extends Spoken>(
  schema: z.ZodType<Word>,
  message: Buffer,
  { team, bytes }: { readonly team: TeamId; readonly bytes: number },
): Word | undefined {
  if (message.length > bytes) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(message.toString('utf8'));
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(value);
  return parsed.success && parsed.data.team === team ? parsed.data : undefined;
}
