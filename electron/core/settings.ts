/**
 * The settings of this computer: kept as one value, read with tolerance, so that a setting that a newer version added or
 * an older one wrote differently costs only itself.
 */
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { settings as schema, type Settings } from '../bridge/views.ts';
import type { LedgerRows } from './cache/ledger-rows.ts';

export const MEGABYTE = 1_024 * 1_024;

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  language: 'system',
  density: 'comfortable',
  sendWith: 'enter',
  history: {
    days: DEFAULT_LIMITS.backfillDays,
    megabytes: DEFAULT_LIMITS.backfillBytes / MEGABYTE,
  },
  notifications: {
    isOn: true,
    hideContent: false,
    keywords: [],
    mentionsBreakMute: false,
    ignoreChannelMentions: false,
    snoozeUntil: null,
    quietHours: [],
  },
};

const NAME = 'settings';

/** `isWhole` is false when something was kept that cannot be used: the settings are those of a new computer. */
export function readSettings(rows: LedgerRows): {
  readonly settings: Settings;
  readonly isWhole: boolean;
} {
  const json = rows.setting(NAME);
  if (json === undefined) return { settings: DEFAULT_SETTINGS, isWhole: true };
  const kept = parse(json);
  const notifications = {
    ...DEFAULT_SETTINGS.notifications,
    ...(kept?.['notifications'] as object | undefined),
  };
  const whole = schema.safeParse({ ...DEFAULT_SETTINGS, ...kept, notifications });
  return whole.success && kept
    ? { settings: whole.data, isWhole: true }
    : { settings: DEFAULT_SETTINGS, isWhole: false };
}

export function keepSettings(rows: LedgerRows, settings: Settings): void {
  rows.putSetting(NAME, JSON.stringify(settings));
}

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
