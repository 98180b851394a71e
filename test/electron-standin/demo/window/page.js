window.ranFirst = typeof window.demo;
window.words = [];
window.presence = [];
for (const channel of ['heard', 'opened', 'replied', 'failed'])
  window.demo.on(channel, (...args) => window.words.push([channel, ...args]));
for (const [target, name] of [
  [document, 'visibilitychange'],
  [window, 'focus'],
  [window, 'blur'],
]) {
  target.addEventListener(name, () =>
    window.presence.push(`${name} ${document.visibilityState} ${document.hasFocus()}`),
  );
}
document.addEventListener('securitypolicyviolation', (event) =>
  (window.violations ??= []).push(event.effectiveDirective),
);
