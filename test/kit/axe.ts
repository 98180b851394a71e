/** What axe finds on a page, for every test that asks about accessibility. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

export interface GraveFault {
  readonly rule: string;
  /** The elements, each with what is wrong about it. */
  readonly at: readonly string[];
}

/** Faults that axe calls serious or critical. */
export async function graveFaults(page: Page): Promise<readonly GraveFault[]> {
  // To read axe's source takes longer than to run it; a document keeps it.
  const isThere = await page.evaluate(() => 'axe' in window);
  const { violations } = await new AxeBuilder({ page, ...(isThere ? { axeSource: ';' } : {}) })
    // One document without frames: axe needs no page of its own to put findings together.
    .setLegacyMode(true)
    // To report everything that is well takes longer than to look.
    .options({ resultTypes: ['violations'] })
    .analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({
      rule: id,
      at: nodes
        .map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ''}`)
        .slice(0, 4),
    }));
}
