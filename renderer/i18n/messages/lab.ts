/** Words of the transport lab: what is measured, how it is going, and what each door cannot do. */
export const labMessages = {
  'lab.show': ['Compare the doors', '比較傳輸方式'],
  'lab.hide': ['Hide the comparison', '隱藏比較'],
  'lab.about': [
    'The same traffic goes over each of the four ways to this relay, one after the other: short messages to yourself that nobody sees. It takes under a minute where all is well.',
    '依序以四種方式對這個中繼站進行相同的傳輸：傳給您自己的短訊息，其他人看不到。一切正常時不到一分鐘。',
  ],
  'lab.start': ['Measure', '測量'],
  'lab.with-idle': ['Then a minute at rest', '之後再測量一分鐘閒置'],
  'lab.stop': ['Stop measuring', '停止測量'],
  'lab.measuring': [
    'Measuring: {door} ({n} of {all})…',
    '測量中：{door}（第 {n} 項，共 {all} 項）…',
  ],
  'lab.at-rest': ['All ways at rest, for a minute…', '所有方式閒置一分鐘…'],
  'lab.done': [
    '{failed, plural, =0 {All measured.} one {Measured, but one way could not be.} other {Measured, but # ways could not be.}}',
    '{failed, plural, =0 {測量完成。} other {測量完成，其中 # 種方式無法測量。}}',
  ],
  'lab.table': ['The four ways side by side', '四種方式的比較'],
  'lab.lower': [
    'Less is better in every row. A bar is as high as its share of the most in its row.',
    '每一列都是越少越好。長條高度為該列最大值的比例。',
  ],
  'lab.p50': ['Half arrive within, ms', '半數在此時間內到達（毫秒）'],
  'lab.p95': ['19 of 20 arrive within, ms', '95% 在此時間內到達（毫秒）'],
  'lab.requests': ['Requests per message', '每則訊息的要求數'],
  'lab.bytes': ['Bytes per message', '每則訊息的位元組'],
  'lab.cpu-time': ['Relay’s processor per message, ms', '每則訊息的中繼站處理器時間（毫秒）'],
  'lab.idle-bytes': ['Bytes per idle minute', '閒置每分鐘的位元組'],
  'lab.wake-ups': ['Wake-ups per idle minute', '閒置每分鐘的喚醒次數'],
  'lab.dash': ['–', '–'],
  'lab.not-measured': ['not measured', '未測量'],
  'lab.idle-failed': ['At rest: {why}', '閒置時：{why}'],
  'lab.others': [
    '{count, plural, one {One event} other {# events}} of the team came in meanwhile and is counted too.',
    '期間另有團隊的 {count} 個事件，也計算在內。',
  ],
  'lab.cpu.not-told': [
    'Only owners and admins are told how much the relay works.',
    '只有擁有者和管理員能得知中繼站的工作量。',
  ],
  'lab.cpu.several-relays': [
    'Several relays answered in turn, so their processor time cannot be told for a message.',
    '多個中繼站輪流回應，因此無法得知每則訊息的處理器時間。',
  ],
  'lab.cpu.unsaid': ['The relay did not say how much it works.', '中繼站沒有說明它的工作量。'],

  'lab.why.unreachable': ['Nobody answered.', '沒有回應。'],
  'lab.why.not-a-relay': ['What answered was no relay.', '回應的不是中繼站。'],
  'lab.why.no-upgrade': [
    'No WebSocket comes through to this relay.',
    'WebSocket 無法通過到這個中繼站。',
  ],
  'lab.why.key-mismatch': [
    'Another key was shown; nothing was sent.',
    '出示了另一個金鑰，沒有送出任何資料。',
  ],
  'lab.why.signed-out': ['Your session has ended.', '您的登入已失效。'],
  'lab.why.silent': [
    'It opened, and nothing came: something on the way may hold answers back.',
    '已接通，但沒有收到任何資料：途中可能有東西扣住回應。',
  ],
  'lab.why.too-old': ['The relay is too old to be measured.', '中繼站版本太舊，無法測量。'],
  'lab.why.refused': ['Refused with {status}.', '被拒絕（{status}）。'],
  'lab.why.answered-for': [
    'Your network answered in the relay’s place, with {status}.',
    '您的網路代替中繼站回答（{status}）。',
  ],
  'lab.why.closed': ['Closed with {code}: {why}.', '以 {code} 關閉：{why}。'],
  'lab.why.turned-down': ['The relay took no more: {why}', '中繼站不再接受：{why}'],
  'lab.why.lost': [
    'Of {said} messages {heard} came back in time.',
    '{said} 則訊息中有 {heard} 則及時傳回。',
  ],

  'lab.cannot.socket': [
    'Cannot pass what takes upgrades out, as some proxies of offices and hotels do.',
    '無法通過會去除升級要求的設備，例如某些公司或飯店的代理伺服器。',
  ],
  'lab.cannot.stream': [
    'Cannot pass what keeps answers back until they are whole, and cannot answer a ping: a silent stream is noticed late.',
    '無法通過會等回應完整才放行的設備，也無法回應 ping：中斷的串流較晚才會被發現。',
  ],
  'lab.cannot.long-poll': [
    'Cannot pass what cuts requests that wait, and makes a request of its own for each message that arrives.',
    '無法通過會切斷等待中要求的設備，而且每則到達的訊息都需要一個要求。',
  ],
  'lab.cannot.poll': [
    'Cannot be quick, for it asks every two seconds, nor cheap at rest. It passes nearly everything.',
    '每兩秒才詢問一次，因此不可能快速，閒置時也不省資源。但幾乎任何地方都能通過。',
  ],
} as const;
