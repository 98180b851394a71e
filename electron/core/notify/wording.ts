/**
 * The few words a notification says of its own, in the languages of the product. All else in it is the senders'.
 */
import type { Settings } from '../../bridge/views.ts';

export interface Wording {
  readonly newMessage: string;
  newMessages(count: number): string;
  /** For the test notification. */
  readonly testTitle: string;
  readonly testBody: string;
}

const EN: Wording = {
  newMessage: 'New message',
  newMessages: (count) => `${count} new messages`,
  testTitle: 'Notifications work',
  testBody: 'This is what a message will look like.',
};

const ZH_HANT: Wording = {
  newMessage: '新訊息',
  newMessages: (count) => `${count} 則新訊息`,
  testTitle: '通知運作正常',
  testBody: '新訊息會像這樣顯示。',
};

export function wordingFor(language: Settings['language'], locale: string): Wording {
  const wanted = language === 'system' ? locale : language;
  return /^zh\b(?!-(?:hans|cn|sg))/i.test(wanted) ? ZH_HANT : EN;
}
