/**
 * Every word of the window, English beside Traditional Chinese, so that neither can be written without the other. ICU
 * messages: plurals by rule, placeholders by name. Keys are `area.what`.
 */
import type { Both } from './both.ts';
import { accountMessages } from './messages/account.ts';
import { channelMessages } from './messages/channel.ts';
import { labMessages } from './messages/lab.ts';
import { lineMessages } from './messages/line.ts';
import { problemMessages } from './messages/problem.ts';
import { settingsMessages } from './messages/settings.ts';
import { shellMessages } from './messages/shell.ts';
import { talkMessages } from './messages/talk.ts';

export const CATALOGUE = {
  ...shellMessages,
  ...talkMessages,
  ...channelMessages,
  ...accountMessages,
  ...settingsMessages,
  ...lineMessages,
  ...labMessages,
  ...problemMessages,
} as const satisfies Readonly<Record<string, Both>>;

export type MessageKey = keyof typeof CATALOGUE;
