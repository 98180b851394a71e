/** Refusals in words: what happened, what is safe, what to do. One for every kind there is. */
import type { ProblemKind } from '../../../electron/bridge/commands.ts';
import type { Both } from '../both.ts';

export const problemMessages = {
  'problem.bad-request': [
    'The relay did not understand that. Nothing was changed.',
    '中繼站無法理解這個要求。沒有任何變更。',
  ],
  'problem.unknown-frame': [
    'This relay is too old for that. Nothing was changed.',
    '這個中繼站版本太舊，不支援此功能。沒有任何變更。',
  ],
  'problem.not-found': [
    'It is not there any more, or you may not see it.',
    '已不存在，或您無權檢視。',
  ],
  'problem.not-allowed': [
    'Your role does not allow that. An admin can help.',
    '您的角色不允許此操作。請洽管理員。',
  ],
  'problem.invite-limit': [
    'That is more than members may give. An admin can raise the limit.',
    '超過成員可給予的上限，管理員可以調高。',
  ],
  'problem.unknown-host': [
    'The relay does not answer to this name. Its operator can allow the name, or use its IP address.',
    '中繼站不接受這個名稱。負責人可以允許這個名稱，或改用 IP 位址。',
  ],
  'problem.conflict': [
    'It was changed somewhere else meanwhile. Look at it and try again.',
    '同時已在別處變更。請查看後再試。',
  ],
  'problem.taken': ['That name is in use. Choose another.', '這個名稱已被使用，請換一個。'],
  'problem.taken-handle': [
    'That handle is in use. Choose another.',
    '這個帳號已被使用，請換一個。',
  ],
  'problem.archived': ['The channel is archived.', '頻道已封存。'],
  'problem.too-large': [
    'It is too long. Split it; nothing is lost.',
    '內容太長。請分段，內容不會遺失。',
  ],
  'problem.limit-reached': [
    'A limit of the relay is reached. An admin can raise it.',
    '已達中繼站的上限，管理員可以調高。',
  ],
  'problem.rate-limited': [
    'That was too fast. Wait a moment and try again.',
    '操作太快了。請稍候再試。',
  ],
  'problem.rate-limited-members': [
    'You have added many people to channels lately. You can add more in a while.',
    '您最近已將許多人加入頻道，請過一段時間再加入。',
  ],
  'problem.unavailable': [
    'The relay cannot do that just now. Nothing was changed; try again in a moment.',
    '中繼站目前無法處理。沒有任何變更，請稍後再試。',
  ],
  'problem.wrong-credentials': [
    'Handle, password or code is not right.',
    '帳號、密碼或代碼不正確。',
  ],
  'problem.weak-password': [
    'That password is too easy to guess. A longer one is better.',
    '這個密碼太容易猜到。越長越好。',
  ],
  'problem.too-many-sessions': [
    'You are signed in on as many devices as allowed, and used all of them lately. On one of them, open Settings › Devices and sign out another; then try again. Without any of them at hand, ask who runs the relay to reset your password.',
    '您登入的裝置數已達上限，且最近都使用過。請在其中一台開啟「設定 › 裝置」登出另一台，再試一次。若手邊沒有任何一台，請中繼站的管理者重設您的密碼。',
  ],
  'problem.session-ended': [
    'Your session has ended. Sign in again; nothing here is lost.',
    '登入已失效。請重新登入，這裡的內容沒有遺失。',
  ],
  'problem.version-unsupported': [
    'App and relay have no version in common. Update the older one.',
    '應用程式與中繼站沒有共同的版本。請更新較舊的一方。',
  ],
  'problem.setup-done': [
    'This relay has a team already. You need an invite.',
    '這個中繼站已有團隊。您需要邀請。',
  ],
  'problem.internal': [
    'Something went wrong. Nothing was lost; try again.',
    '發生了錯誤。沒有遺失任何內容，請再試一次。',
  ],
  'problem.bad-command': [
    'That could not be done with what was entered.',
    '輸入的內容無法完成此操作。',
  ],
  'problem.offline': [
    'The relay is away. This works again when the line is back.',
    '中繼站目前無法連線。恢復連線後即可使用。',
  ],
  'problem.unreachable': [
    'Nobody answers at that address. Is the relay running, and are you on the same network?',
    '這個位址沒有回應。中繼站有在執行嗎？您在同一個網路上嗎？',
  ],
  'problem.not-a-relay': [
    'Something answers there, but it is no relay. Look at the address and the port.',
    '那裡有回應，但不是中繼站。請檢查位址和連接埠。',
  ],
  'problem.key-mismatch': [
    'The relay’s key is not the one expected. Nothing was sent.',
    '中繼站的金鑰與預期不同。沒有送出任何資料。',
  ],
  'problem.bad-invite': [
    'This invite is used up or over. Ask for a new one.',
    '這個邀請已用完或過期。請索取新的邀請。',
  ],
  'problem.bad-address': [
    'This is neither an invite link nor an address.',
    '這不是邀請連結，也不是位址。',
  ],
  'problem.already-joined': [
    'You are in this team already; it is in the rail on the side.',
    '您已在這個團隊中，請看側邊的團隊列。',
  ],
  'problem.replaces-team': [
    'This relay claims a team that you have under another key. Nothing was changed.',
    '這個中繼站自稱是您已有的團隊，但金鑰不同。沒有任何變更。',
  ],
  'problem.lab-running': ['It is being measured already.', '已經在測量中。'],
  'problem.cannot-host': [
    'This computer cannot run a relay just now.',
    '這台電腦目前無法執行中繼站。',
  ],
  'problem.bad-link': [
    'This link is not opened: only web and mail addresses are.',
    '不會開啟此連結：只會開啟網址和郵件位址。',
  ],
} as const satisfies Readonly<
  Record<
    | `problem.${ProblemKind}`
    | 'problem.taken-handle'
    | 'problem.invite-limit'
    | 'problem.rate-limited-members',
    Both
  >
>;
