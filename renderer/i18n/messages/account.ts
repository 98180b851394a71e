/** Words of coming in: the welcome, trust, the account, and leaving a team. */
export const accountMessages = {
  'welcome.label': ['Welcome', '歡迎'],
  'welcome.title': ['Your team,<br></br>on your own line.', '您的團隊，<br></br>您自己的線路。'],
  'welcome.lead': [
    'Start a team on this computer, or come into one with an invite. Nothing leaves your network.',
    '在這台電腦上成立團隊，或用邀請加入團隊。資料不會離開您的網路。',
  ],
  'welcome.start': ['Start a team on this computer', '在這台電腦上成立團隊'],
  'welcome.start-hint': [
    'Runs a relay here; others on this network can join',
    '在這裡執行中繼站，同網路的人可以加入',
  ],
  'welcome.start-act': ['Start', '開始'],
  'welcome.invite': ['I have an invite', '我有邀請'],
  'welcome.invite-hint': [
    'A landline:// link, or the address of a relay',
    'landline:// 連結，或中繼站的位址',
  ],
  'welcome.invite-act': ['Paste', '貼上'],
  'welcome.promise': [
    'No account with us, no cloud, no tracking. Your team runs its own relay.',
    '不需向我們註冊，沒有雲端，沒有追蹤。中繼站由您的團隊自己執行。',
  ],

  'invite-field.lead': [
    'Paste the link you were sent. If you only have an address, type it.',
    '貼上您收到的連結。如果只有位址，直接輸入即可。',
  ],
  'invite-field.label': ['Invite link or address', '邀請連結或位址'],
  'invite-field.hint': [
    'For instance 10.0.0.5:7420 or relay.local',
    '例如 10.0.0.5:7420 或 relay.local',
  ],
  'invite-field.probing': ['Looking for the relay…', '正在尋找中繼站…'],

  'compare.title': ['Compare before you trust', '信任之前先核對'],
  'compare.lead': [
    '{team} answers at {address}. The invite did not bring its key along, so compare the fingerprint with the person who runs the relay: by telephone, or face to face.',
    '「{team}」在 {address} 回應。邀請中沒有附上金鑰，請與負責中繼站的人核對指紋：以電話或當面進行。',
  ],
  'compare.where': [
    'They find it in the app under Settings, Connection, or in the output of the relay when it starts.',
    '對方可在應用程式的「設定」「連線」中，或中繼站啟動時的輸出中找到。',
  ],
  'compare.same': ['I compared all eight groups, and they are the same', '我核對了八組，全部相同'],
  'stop.title': ['This is not the relay of your invite', '這不是邀請中的中繼站'],
  'stop.text': [
    'The key that answered is not the one your invite names. Something may stand between you and the relay. Nothing was sent. Ask the person who invited you for a new invite.',
    '回應的金鑰與邀請中的不同，可能有人介入了您與中繼站之間。沒有送出任何資料。請向邀請您的人索取新的邀請。',
  ],

  'replace.title': ['This replaces the relay of {team}', '這會取代「{team}」的中繼站'],
  'replace.text': [
    'The relay at {address} claims to be {team}, but its key is not the one that this computer knows. If you did not expect a new key, go back: it may be the relay of a stranger.',
    '{address} 的中繼站自稱是「{team}」，但它的金鑰與這台電腦已知的不同。如果您不知道金鑰會更換，請返回：這可能是陌生人的中繼站。',
  ],
  'replace.known': ['The key that this computer knows', '這台電腦已知的金鑰'],
  'replace.new': ['The key that replaces it', '要取代它的金鑰'],
  'replace.certificate': [
    'No key of its own: a public certificate for {address}',
    '沒有自己的金鑰：{address} 的公開憑證',
  ],
  'replace.after': [
    'After that, unsent messages of this team go to the new relay. What the old relay acknowledged is not resent there. The history on this computer is replaced by that of the new relay. Drafts stay.',
    '取代之後，這個團隊未送出的訊息會送往新的中繼站；舊中繼站已確認的訊息不會重新送出。這台電腦上的紀錄會換成新中繼站的紀錄。草稿會保留。',
  ],
  'replace.same': [
    'I compared the new key with the person who runs the relay',
    '我已向負責中繼站的人核對新的金鑰',
  ],
  'replace.act': ['Replace', '取代'],

  'account.start.title': ['Start a team', '成立團隊'],
  'account.start.lead': [
    'The relay runs on this computer. The team can reach it while the computer is on; it can move to another one later.',
    '中繼站在這台電腦上執行。電腦開機時團隊即可使用，之後也能搬到別台電腦。',
  ],
  'account.start.act': ['Start the team', '成立團隊'],
  'account.setup.title': ['Set up a new team', '設定新團隊'],
  'account.setup.lead': [
    'The relay has no team yet. You make it, and own it.',
    '這個中繼站還沒有團隊。由您建立，並成為擁有者。',
  ],
  'account.setup.act': ['Make the team', '建立團隊'],
  'account.join.title': ['Join {team}', '加入「{team}」'],
  'account.join.lead': ['Choose how the others will see you.', '選擇其他人看到的您。'],
  'account.join.invited': [
    '{by} invited you. Choose how the others will see you.',
    '{by} 邀請了您。請選擇其他人看到的您。',
  ],
  'account.join.act': ['Join', '加入'],
  'account.sign-in.title': ['Sign in to {team}', '登入「{team}」'],
  'account.sign-in.lead': [
    'With the account you have there. To become a member you need an invite.',
    '使用您在該團隊的帳號。若要成為成員，需要邀請。',
  ],
  'account.sign-in.act': ['Sign in', '登入'],
  'account.sign-in': ['Sign in', '登入'],
  'account.name': ['Your name', '您的名字'],
  'account.name-hint': ['As the others in this team see it.', '團隊中其他人看到的名字。'],
  'account.handle': ['Handle', '帳號'],
  'account.handle-hint': [
    'Letters and digits of any script, with . _ or - between them.',
    '可用任何文字的字母和數字，中間可用 . _ 或 -。',
  ],
  'account.password': ['Password', '密碼'],
  'account.password-hint': [
    'At least {length, number} characters. A sentence is good.',
    '至少 {length, number} 個字元。用一句話也很好。',
  ],
  'account.password-short': [
    'Too short: at least {length, number} characters, and not an obvious one.',
    '太短：至少 {length, number} 個字元，且不要太好猜。',
  ],
  'account.current-password': ['Current password', '目前的密碼'],
  'account.new-password': ['New password', '新密碼'],
  'account.change-password': ['Change password', '變更密碼'],
  'account.device': ['Name of this device', '這台裝置的名稱'],
  'account.device-hint': [
    'So that you recognise it in your list of signed-in devices.',
    '方便您在已登入裝置的清單中辨認。',
  ],
  'account.code': ['Setup code', '設定代碼'],
  'account.code-hint': ['The relay printed it when it was started.', '中繼站啟動時會顯示。'],
  'account.needed': ['This is needed.', '此欄必填。'],
  'account.have-one': ['I have an account there', '我已有帳號'],
  'account.have-none': ['I am new there', '我是新成員'],
  'device.default': [
    '{os, select, darwin {This Mac} win32 {This Windows computer} linux {This Linux computer} other {This computer}}',
    '{os, select, darwin {這台 Mac} win32 {這台 Windows 電腦} linux {這台 Linux 電腦} other {這台電腦}}',
  ],

  'team.name': ['Name of the team', '團隊名稱'],
  'team.name-example': ['Tidewater Works', '潮間工坊'],
  'team.sign-out': ['Sign out', '登出'],
  'team.sign-out-of': ['Sign out of {team}?', '登出「{team}」？'],
  'team.what-stays': ['What stays on this computer', '這台電腦上保留什麼'],
  'team.keep': ['Keep the history', '保留紀錄'],
  'team.keep-hint': [
    'You can read it, and sign in again to go on.',
    '仍可閱讀，重新登入即可繼續。',
  ],
  'team.forget': ['Forget the team', '移除團隊'],
  'team.forget-hint': [
    'History, drafts and unsent messages are removed from this computer.',
    '紀錄、草稿和未送出的訊息都會從這台電腦移除。',
  ],
  'team.unsent': [
    '{count, plural, one {# message has not been sent} other {# messages have not been sent}}. It stays here if you keep the history.',
    '還有 {count, plural, other {# 則訊息未送出}}。保留紀錄則會留在這裡。',
  ],
} as const;
