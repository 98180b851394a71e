// @ts-check
/**
 * `window.landline` in a browser: the bridge over one WebSocket to the host on this computer, and the few things only a page can do
 * for it (notifications, clipboard, opening a link). Runs before the window's own script. The one-time ticket comes in the
 * fragment of the address, which is never sent; it is exchanged for a secret that this tab keeps, so that a reload works.
 *
 * @typedef {import('../../bridge/api.ts').LandlineApi} LandlineApi
 * @typedef {import('../../bridge/events.ts').Batch} Batch
 * @typedef {import('../frames.ts').FrameDown} FrameDown
 * @typedef {import('../frames.ts').FrameUp} FrameUp
 * @typedef {import('../../bridge/commands.ts').CommandResult<any>} AnyResult
 */
(() => {
  const SECRET = 'landline.secret';
  const CLOSE_STRANGER = 4401;
  const INPUT_EVERY_MS = 5_000;
  const RETRY_MS = [100, 200, 400, 800, 1_600];
  /** Less than the host takes. The largest command is a draft of 1 MiB with every byte escaped. */
  const MAX_CALL_BYTES = 7 * 1024 * 1024;
  /** After so many failed attempts a person is told. */
  const ATTEMPTS_IN_SILENCE = 3;

  const ticket = new URLSearchParams(location.hash.slice(1)).get('t');
  // Out of the address bar, the history and anything that copies the address.
  if (ticket !== null) history.replaceState(null, '', location.pathname);
  let hasTicket = ticket !== null;

  // Of this load of the page: a call that is sent again after a cut carries the same number, after a reload it is another call.
  const tab = crypto.randomUUID();
  /** @type {Set<(batch: Batch) => void>} */
  const listeners = new Set();
  /** @type {Map<number, { readonly text: string, readonly answer: (result: AnyResult) => void, readonly name: string }>} */
  const waiting = new Map();
  /** @type {Map<string, Notification>} */
  const toasts = new Map();
  /** @type {WebSocket | undefined} */
  let socket;
  let isStranger = false;
  let calls = 0;
  let attempts = 0;
  let connections = 0;
  /**
   * Batches are numbered by the core. What was said while the line was cut is missing, so each line continues the numbers of
   * the one before with a hole in between, which makes the window ask for the whole state.
   */
  let shift = 0;
  let highest = 0;

  /** @param {string} text */
  const sendText = (text) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(text);
  };

  /** @param {FrameUp} frame */
  const say = (frame) => sendText(JSON.stringify(frame));

  /**
   * Undefined for what cannot be a command: it would end the line, and be sent again on the next one.
   * @param {FrameUp} frame
   */
  const asText = (frame) => {
    try {
      const text = JSON.stringify(frame);
      const isShort = text.length * 3 <= MAX_CALL_BYTES;
      return isShort || new TextEncoder().encode(text).length <= MAX_CALL_BYTES ? text : undefined;
    } catch {
      return undefined;
    }
  };

  /** @param {Batch} batch */
  const deliver = (batch) => {
    highest = Math.max(highest, batch.n);
    for (const listener of listeners) listener(batch);
  };

  const sayFocus = () =>
    say({ t: 'focus', isFocused: document.hasFocus() && document.visibilityState === 'visible' });

  const opened = () => {
    attempts = 0;
    connections += 1;
    showNotice(null);
    sayFocus();
    for (const { text } of waiting.values()) sendText(text);
    if (connections > 1) {
      shift = highest + 2;
      deliver({ n: shift, events: [] });
    }
  };

  const connect = () => {
    const secret = sessionStorage.getItem(SECRET);
    const card = hasTicket ? `ticket.${ticket ?? ''}` : secret === null ? null : `secret.${secret}`;
    if (card === null) return refuse();
    const line = new WebSocket(`ws://${location.host}/bridge`, [
      'landline.bridge.1',
      `tab.${tab}`,
      card,
    ]);
    socket = line;
    line.onmessage = ({ data }) => {
      if (line === socket) receive(/** @type {FrameDown} */ (JSON.parse(String(data))));
    };
    line.onopen = opened;
    line.onclose = ({ code }) => {
      if (line !== socket) return;
      if (code !== CLOSE_STRANGER) return retry();
      // A used ticket in a tab that has a secret: the address was opened twice in it.
      if (hasTicket && secret !== null) {
        hasTicket = false;
        return connect();
      }
      refuse();
    };
  };

  const retry = () => {
    attempts += 1;
    if (attempts >= ATTEMPTS_IN_SILENCE) showNotice('stopped');
    setTimeout(connect, RETRY_MS[Math.min(attempts, RETRY_MS.length) - 1]);
  };

  const refuse = () => {
    isStranger = true;
    sessionStorage.removeItem(SECRET);
    for (const { answer } of waiting.values())
      answer({ ok: false, error: { kind: 'unavailable' } });
    waiting.clear();
    showNotice('used');
  };

  /** @param {FrameDown} frame */
  const receive = (frame) => {
    switch (frame.t) {
      case 'welcome':
        sessionStorage.setItem(SECRET, frame.secret);
        hasTicket = false;
        return;
      case 'answer':
        return settle(frame.id, frame.result);
      case 'batch':
        return deliver({ ...frame.batch, n: frame.batch.n + shift });
      case 'toast':
        void showToast(frame.id, frame.toast);
        return;
      case 'untoast':
        toasts.get(frame.tag)?.close();
        return;
      case 'clipboard':
        void navigator.clipboard.writeText(frame.text).catch(() => undefined);
        return;
      case 'link':
        return openLink(frame.url);
      case 'badge':
        return showBadge(frame.count, frame.hasUnread);
    }
  };

  /**
   * @param {number} id
   * @param {AnyResult} result
   */
  const settle = (id, result) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (call === undefined) return;
    const isSnapshot = call.name === 'open' && result.ok;
    call.answer(
      isSnapshot ? { ok: true, value: { ...result.value, n: result.value.n + shift } } : result,
    );
    if (isSnapshot) highest = Math.max(highest, result.value.n + shift);
  };

  // --- what only the page can do

  /**
   * @param {number} id
   * @param {Extract<FrameDown, { t: 'toast' }>['toast']} toast
   */
  const showToast = async (id, { tag, title, body, isSilent }) => {
    /** @param {'shown' | 'failed' | 'unsupported'} outcome */
    const tell = (outcome) => say({ t: 'toast-outcome', id, outcome });
    if (!('Notification' in window)) return tell('unsupported');
    if (Notification.permission === 'default') await Notification.requestPermission();
    if (Notification.permission !== 'granted') return tell('failed');
    try {
      const one = new Notification(title, { body, tag, silent: isSilent });
      toasts.set(tag, one);
      one.onshow = () => tell('shown');
      one.onerror = () => tell('failed');
      one.onclose = () => {
        if (toasts.get(tag) === one) toasts.delete(tag);
      };
      one.onclick = () => {
        window.focus();
        one.close();
        say({ t: 'toast-click', tag });
      };
    } catch {
      // Browsers on phones have the constructor and refuse it.
      tell('unsupported');
    }
  };

  /** @param {string} url */
  const openLink = (url) => {
    const link = document.createElement('a');
    link.href = url;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    link.click();
  };

  /**
   * @param {number} count
   * @param {boolean} hasUnread
   */
  const showBadge = (count, hasUnread) => {
    const bare = document.title.replace(/^(?:\(\d+\)|•) /, '');
    document.title = count > 0 ? `(${count}) ${bare}` : hasUnread ? `• ${bare}` : bare;
  };

  const NOTICES = {
    used: {
      en: [
        'This address was used already',
        'Each address opens Landline once. The terminal where it runs shows a fresh one.',
      ],
      zh: ['這個網址已經用過了', '每個網址只能開啟 Landline 一次。執行它的終端機會顯示新的網址。'],
    },
    stopped: {
      en: [
        'Landline is not running',
        'What you wrote is safe on this computer. Start Landline again and open the address it shows.',
      ],
      zh: [
        'Landline 沒有在執行',
        '你寫的內容安全地存在這台電腦上。請再次啟動 Landline，並開啟它顯示的網址。',
      ],
    },
  };
  /** @type {HTMLElement | null} */
  let notice = null;

  /** @param {keyof typeof NOTICES | null} kind */
  const showNotice = (kind) => {
    notice?.remove();
    notice = null;
    if (kind === null) return;
    const isChinese = /^zh\b/i.test(navigator.language);
    const [title, text] = NOTICES[kind][isChinese ? 'zh' : 'en'];
    const box = document.createElement('div');
    box.setAttribute('role', 'alert');
    box.lang = isChinese ? 'zh-Hant' : 'en';
    box.style.cssText =
      'position:fixed;inset:0;z-index:2147483647;display:grid;place-content:center;gap:8px;padding:24px;text-align:center;' +
      'background:var(--paper,Canvas);color:var(--ink,CanvasText);font:15px/1.5 var(--font,system-ui,sans-serif)';
    const heading = document.createElement('h1');
    heading.style.cssText = 'margin:0;font-size:22px;line-height:1.3;font-weight:650';
    heading.textContent = title ?? '';
    const line = document.createElement('p');
    line.style.cssText = 'margin:0;max-width:52ch';
    line.textContent = text ?? '';
    box.append(heading, line);
    notice = box;
    if (document.body === null)
      addEventListener('DOMContentLoaded', () => notice === box && document.body.append(box), {
        once: true,
      });
    else document.body.append(box);
  };

  // --- what the page tells by itself

  let saidInputAt = -Infinity;
  const sayInput = () => {
    const now = performance.now();
    if (now - saidInputAt < INPUT_EVERY_MS) return;
    saidInputAt = now;
    say({ t: 'input' });
  };
  for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel'])
    addEventListener(kind, sayInput, { passive: true, capture: true });
  for (const kind of ['focus', 'blur']) addEventListener(kind, sayFocus);
  document.addEventListener('visibilitychange', sayFocus);
  addEventListener('pagehide', () => say({ t: 'bye' }));

  /** @type {LandlineApi} */
  const api = {
    host: 'browser',
    call: (name, input) =>
      new Promise((answer) => {
        if (isStranger) return answer({ ok: false, error: { kind: 'unavailable' } });
        const id = (calls += 1);
        const settled = Math.min(id, ...waiting.keys());
        const text = asText({ t: 'call', id, settled, name, input });
        if (text === undefined) return answer({ ok: false, error: { kind: 'bad-command' } });
        waiting.set(id, { text, answer, name });
        sendText(text);
      }),
    onBatch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  Object.defineProperty(window, 'landline', { value: Object.freeze(api), enumerable: true });
  connect();
})();
