/**
 * How much of Electron's surface the larger classes of the stand-in promise: members as types that the classes implement, events as
 * lists outside of which a listener is refused. Whoever needs more adds it here first.
 */
export type AppMembers =
  | 'whenReady'
  | 'isReady'
  | 'quit'
  | 'exit'
  | 'relaunch'
  | 'getPath'
  | 'setPath'
  | 'setAppLogsPath'
  | 'getAppPath'
  | 'getName'
  | 'setName'
  | 'getVersion'
  | 'getLocale'
  | 'getSystemLocale'
  | 'getPreferredSystemLanguages'
  | 'getLocaleCountryCode'
  | 'requestSingleInstanceLock'
  | 'hasSingleInstanceLock'
  | 'releaseSingleInstanceLock'
  | 'setAppUserModelId'
  | 'setAsDefaultProtocolClient'
  | 'removeAsDefaultProtocolClient'
  | 'isDefaultProtocolClient'
  | 'setLoginItemSettings'
  | 'setBadgeCount'
  | 'getBadgeCount'
  | 'enableSandbox'
  | 'disableHardwareAcceleration'
  | 'setAboutPanelOptions'
  | 'isAccessibilitySupportEnabled'
  | 'setAccessibilitySupportEnabled'
  | 'focus';

/** The last ones are never raised by the stand-in itself; a test may emit them. */
export const APP_EVENTS: readonly string[] = [
  'will-finish-launching',
  'ready',
  'activate',
  'before-quit',
  'will-quit',
  'quit',
  'window-all-closed',
  'second-instance',
  'open-url',
  'open-file',
  'browser-window-created',
  'browser-window-focus',
  'browser-window-blur',
  'web-contents-created',
  'render-process-gone',
  'child-process-gone',
  // Never raised by the stand-in itself; a test may emit them.
  'certificate-error',
  'select-client-certificate',
  'login',
  'session-created',
  'gpu-info-update',
  'accessibility-support-changed',
];

export type WindowMembers =
  | 'id'
  | 'loadURL'
  | 'loadFile'
  | 'show'
  | 'showInactive'
  | 'hide'
  | 'focus'
  | 'blur'
  | 'minimize'
  | 'restore'
  | 'maximize'
  | 'unmaximize'
  | 'close'
  | 'destroy'
  | 'isVisible'
  | 'isFocused'
  | 'isMinimized'
  | 'isMaximized'
  | 'isDestroyed'
  | 'isFullScreen'
  | 'setFullScreen'
  | 'isAlwaysOnTop'
  | 'setAlwaysOnTop'
  | 'getBounds'
  | 'getNormalBounds'
  | 'getContentBounds'
  | 'setBounds'
  | 'getSize'
  | 'setSize'
  | 'getPosition'
  | 'setPosition'
  | 'getMinimumSize'
  | 'setMinimumSize'
  | 'center'
  | 'setTitle'
  | 'getTitle'
  | 'flashFrame'
  | 'setOverlayIcon'
  | 'setProgressBar'
  | 'setBackgroundColor'
  | 'getBackgroundColor'
  | 'setMenu'
  | 'removeMenu'
  | 'setMenuBarVisibility'
  | 'isMenuBarVisible'
  | 'setAutoHideMenuBar'
  | 'setIcon'
  | 'setTitleBarOverlay'
  | 'setSkipTaskbar'
  | 'moveTop';

export const WINDOW_EVENTS: readonly string[] = [
  'ready-to-show',
  'show',
  'hide',
  'focus',
  'blur',
  'minimize',
  'restore',
  'maximize',
  'unmaximize',
  'enter-full-screen',
  'leave-full-screen',
  'always-on-top-changed',
  'resize',
  'resized',
  'move',
  'moved',
  'close',
  'closed',
  'page-title-updated',
  // The desktop's own; a test may emit them.
  'query-session-end',
  'session-end',
  'unresponsive',
  'responsive',
  'will-resize',
  'will-move',
  'app-command',
  'swipe',
];

export type ContentsMembers =
  | 'id'
  | 'send'
  | 'loadURL'
  | 'reload'
  | 'getURL'
  | 'getTitle'
  | 'isLoading'
  | 'isDestroyed'
  | 'isCrashed'
  | 'isFocused'
  | 'focus'
  | 'executeJavaScript'
  | 'setWindowOpenHandler'
  | 'forcefullyCrashRenderer'
  | 'openDevTools'
  | 'closeDevTools'
  | 'isDevToolsOpened'
  | 'setZoomFactor'
  | 'getZoomFactor'
  | 'setZoomLevel'
  | 'getZoomLevel'
  | 'setVisualZoomLevelLimits'
  | 'setBackgroundThrottling'
  | 'getBackgroundThrottling'
  | 'setAudioMuted'
  | 'isAudioMuted'
  | 'getUserAgent'
  | 'getType';

export const CONTENTS_EVENTS: readonly string[] = [
  'did-start-loading',
  'did-stop-loading',
  'did-finish-load',
  'did-fail-load',
  'did-navigate',
  'did-navigate-in-page',
  'dom-ready',
  'will-navigate',
  'will-frame-navigate',
  'will-redirect',
  'will-prevent-unload',
  'page-title-updated',
  'console-message',
  'render-process-gone',
  'ipc-message',
  'focus',
  'blur',
  'destroyed',
  'context-menu',
  // Headless Chromium raises no such thing; a test may emit them.
  'unresponsive',
  'responsive',
  'will-attach-webview',
  'preload-error',
  'certificate-error',
  'select-client-certificate',
  'login',
];
