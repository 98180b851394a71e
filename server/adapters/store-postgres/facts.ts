/** What a store knows about itself, by name. */
import type pg from 'pg';

export async function getFact(client: pg.Client, key: string): Promise<string | undefined> {
  const { rows } = await client.query<{ readonly value: string }>(
    'SELECT value FROM meta WHERE key = $1',
    [key],
  );
  return rows[0]?.value;
}

export async function putFact(client: pg.Client, key: string, value: string): Promise<void> {
  await client.query(
    'INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    [key, value],
  );
}
