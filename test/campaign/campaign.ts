/**
 * Runs the units of a campaign one after the other, skips those that the record has, and goes on
 * after a failure. Prints for each failed unit the one command that replays it.
 */
import type { CampaignRecord } from './record.ts';
import type { Part, Size, Unit } from './units.ts';

export interface CampaignParts {
  readonly parts: readonly Part[];
  readonly size: Size;
  readonly record: CampaignRecord;
  readonly commit: string;
  /** @returns the exit code of the unit's command */
  readonly run: (unit: Unit) => Promise<number>;
  readonly log: (text: string) => void;
  /** Asked before each unit. */
  readonly isStopped: () => boolean;
  readonly now: () => number;
}

export interface CampaignResult {
  readonly passed: number;
  /** Passed in an earlier run of the campaign. */
  readonly skipped: number;
  readonly failed: readonly Unit[];
  readonly isStopped: boolean;
}

export async function runCampaign(campaign: CampaignParts): Promise<CampaignResult> {
  const { record, log, now, commit, size } = campaign;
  const failed: Unit[] = [];
  const commits = new Set<string>();
  let [passed, skipped] = [0, 0];
  for (const part of campaign.parts) {
    const units = part.units(size);
    log(`\n== ${part.name}: ${part.what} (${units.length} units, from seed ${size.firstSeed})`);
    for (const [index, unit] of units.entries()) {
      if (campaign.isStopped()) return finish(true);
      const pass = record.find(unit.name);
      if (pass) {
        commits.add(pass.commit);
        skipped++;
        log(`-- ${unit.name}: passed before, at ${pass.commit}`);
        continue;
      }
      log(`-- ${unit.name} (${index + 1} of ${units.length})`);
      const from = now();
      const code = await campaign.run(unit);
      if (code !== 0 && campaign.isStopped()) return finish(true);
      const seconds = Math.round((now() - from) / 1_000);
      if (code === 0) {
        record.add(unit.name, { commit, at: new Date(now()).toISOString(), seconds });
        commits.add(commit);
        passed++;
        log(`-- ${unit.name}: passed, ${seconds} s`);
      } else {
        failed.push(unit);
        log(`-- ${unit.name}: FAILED, ${seconds} s\n   replay: ${unit.replay}`);
      }
    }
  }
  return finish(false);

  function finish(isStopped: boolean): CampaignResult {
    log('\n== summary');
    for (const unit of failed) log(`FAILED ${unit.name}\n   replay: ${unit.replay}`);
    if (commits.size > 1) log(`These passes are of several commits: ${[...commits].join(', ')}.`);
    if (isStopped) log('Stopped before the end; the same command goes on from here.');
    log(`${passed} passed, ${skipped} passed before, ${failed.length} failed`);
    return { passed, skipped, failed, isStopped };
  }
}
