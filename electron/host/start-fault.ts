/** Why Landline cannot start, in words for the person: what happened, what is safe, what to do. The two hosts show it their own way. */
import { DatabaseFromFuture } from '../core/cache/migrate.ts';
import { SqliteFailure } from '../core/cache/sqlite.ts';

export interface StartFault {
  readonly title: string;
  readonly text: string;
}

interface Words {
  readonly title: string;
  readonly newer: string;
  readonly inUse: string;
  readonly folder: string;
  readonly other: string;
}

const EN: Words = {
  title: 'Landline cannot start',
  newer:
    'Its data was written by a newer version. Nothing was changed. Install the newer version to go on.',
  inUse:
    'Another program has its data open. Nothing was changed. Close the other one, then start again.',
  folder:
    'It cannot read or write its data folder. Nothing was changed. Check that the disk is not full and that the folder belongs to you, then start again.',
  other:
    'Something went wrong that it did not expect. What you wrote is on this computer. Details are in the log.',
};

const ZH_HANT: Words = {
  title: 'Landline 無法啟動',
  newer: '資料是由較新的版本寫入的，沒有任何變更。請安裝較新的版本再繼續。',
  inUse: '另一個程式正在使用資料，沒有任何變更。請關閉它，然後再次啟動。',
  folder: '無法讀取或寫入資料夾，沒有任何變更。請確認磁碟未滿、資料夾屬於你，然後再次啟動。',
  other: '發生了意料之外的問題。你寫的內容都在這台電腦上。詳情請見記錄檔。',
};

/** What the system answers when a folder cannot be made or written. */
const FOLDER_CODES = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'ENOTDIR',
  'EEXIST',
  'EIO',
]);

const isOfNewer = (error: unknown): boolean => error instanceof DatabaseFromFuture;
const isInUse = (error: unknown): boolean =>
  (error as { readonly fault?: unknown } | null)?.fault === 'in-use';
const isOfFolder = (error: unknown): boolean =>
  error instanceof SqliteFailure ||
  FOLDER_CODES.has(String((error as { readonly code?: unknown } | null)?.code));

export function describeStartFault(
  error: unknown,
  where: { readonly folder: string; readonly locale: string },
): StartFault {
  const words = /^zh\b/i.test(where.locale) ? ZH_HANT : EN;
  const why = isOfNewer(error)
    ? words.newer
    : isInUse(error)
      ? words.inUse
      : isOfFolder(error)
        ? words.folder
        : words.other;
  return { title: words.title, text: `${why}\n\n${where.folder}` };
}
