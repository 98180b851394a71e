/** Texts made to harm, in a real browser under the real policy: nothing runs, nothing appears that we did not draw. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createStage, type Stage } from './kit/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

/** The evasions of the well-known lists, one of each kind. */
const HOSTILE = [
  '<script>window.harmed=1</script>',
  '<SCRIPT SRC=//evil.example/x.js></SCRIPT>',
  '<img src=x onerror="window.harmed=1">',
  '<img src="x" onerror=window.harmed=1 //',
  '<svg><animate onbegin=window.harmed=1 attributeName=x dur=1s>',
  '<svg><script>window.harmed=1</script></svg>',
  '<iframe srcdoc="<script>parent.harmed=1</script>"></iframe>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.harmed=1&gt;">',
  '<a href="javascript:window.harmed=1">x</a>',
  '<details open ontoggle=window.harmed=1>',
  '<input autofocus onfocus=window.harmed=1>',
  '<object data="javascript:window.harmed=1">',
  '<link rel=stylesheet href=//evil.example/x.css>',
  '<meta http-equiv=refresh content="0;url=//evil.example">',
  '<base href=//evil.example/>',
  '<form action=javascript:window.harmed=1><button>x',
  '<style>@import "//evil.example/x.css"; * { display: none }</style>',
  '<template><img src=x onerror=window.harmed=1></template>',
  '<noscript><p title="</noscript><img src=x onerror=window.harmed=1>">',
  '<x onclick=window.harmed=1>click</x>',
  '[x](javascript:window.harmed=1)',
  '[x](JaVaScRiPt:window.harmed=1)',
  '[x](java\tscript:window.harmed=1)',
  '[x](&#106;avascript:window.harmed=1)',
  '[x](data:text/html;base64,PHNjcmlwdD53aW5kb3cuaGFybWVkPTE8L3NjcmlwdD4=)',
  '[x](vbscript:x)',
  '![x](x"onerror="window.harmed=1)',
  '![x](javascript:window.harmed=1)',
  '[x](https://example.com "x" onclick="window.harmed=1")',
  '<https://example.com/"onmouseover="window.harmed=1>',
  '```"><img src=x onerror=window.harmed=1>\nx\n```',
  '```html\n<script>window.harmed=1</script>\n```',
  '`<img src=x onerror=window.harmed=1>`',
  '| <script>window.harmed=1</script> |\n|---|\n| <img src=x onerror=window.harmed=1> |',
  '- [ ] <img src=x onerror=window.harmed=1>',
  '# <img src=x onerror=window.harmed=1>',
  '@priya<img src=x onerror=window.harmed=1>',
  '[1]: javascript:window.harmed=1\n[x][1]',
  '\u202e<img src=x onerror=window.harmed=1>',
  '{{constructor.constructor("window.harmed=1")()}}',
  '${window.harmed=1}',
  '__proto__ constructor toString',
];

const MAY_APPEAR = new Set([
  'P',
  'BR',
  'STRONG',
  'EM',
  'DEL',
  'CODE',
  'PRE',
  'A',
  'UL',
  'OL',
  'LI',
  'BLOCKQUOTE',
  'HR',
  'DIV',
  'SPAN',
  'BUTTON',
  'TABLE',
  'THEAD',
  'TBODY',
  'TR',
  'TH',
  'TD',
  'svg',
  'path',
  'rect',
]);

it('hostile texts run nothing, draw nothing foreign and are refused nothing by the policy', async () => {
  const { page, complaints } = await stage.open({ scene: 'read' });
  await page.locator('article').first().waitFor();
  for (const text of HOSTILE) {
    await page.evaluate(
      (words) => void window.demo!.bridge.say('tw', 'launch', 'ada', words),
      text,
    );
    await page.evaluate(() => new Promise(requestAnimationFrame));
    const seen = await page.evaluate(() => {
      const texts = [...document.querySelectorAll('article [lang], article [dir=auto]')];
      const all = texts.flatMap((one) => [...one.querySelectorAll('*')]);
      return {
        tags: [...new Set(all.map((one) => one.tagName))],
        handlers: all.flatMap((one) =>
          one.getAttributeNames().filter((name) => /^on|srcdoc|^src$/.test(name)),
        ),
        links: all.flatMap((one) => (one instanceof HTMLAnchorElement ? [one.protocol] : [])),
        isHarmed: 'harmed' in window,
      };
    });
    expect(
      seen.tags.filter((tag) => !MAY_APPEAR.has(tag)),
      text,
    ).toEqual([]);
    expect(seen.handlers, text).toEqual([]);
    expect(
      seen.links.filter((protocol) => !['http:', 'https:', 'mailto:'].includes(protocol)),
      text,
    ).toEqual([]);
    expect(seen.isHarmed, text).toBe(false);
  }
  expect(complaints).toEqual([]);
});

it('hostile names are letters: of people, channels, topics and teams', async () => {
  const { page, complaints } = await stage.open({ scene: 'read' });
  await page.evaluate(() => {
    const { bridge } = window.demo!;
    const name = '<img src=x onerror=window.harmed=1>';
    const { members, channels, team } = bridge.state().teams['tw']!;
    bridge.emit(
      {
        kind: 'members',
        team: 'tw',
        members: Object.values(members).map((one) => ({ ...one, name })),
      },
      {
        kind: 'channels',
        team: 'tw',
        channels: Object.values(channels).map((one) => ({
          ...one,
          topic: name,
          name: one.name === '' ? '' : name,
        })),
        gone: [],
      },
      { kind: 'team', team: 'tw', view: { ...team, name, address: name } },
    );
  });
  await page.evaluate(() => new Promise(requestAnimationFrame));
  expect(
    await page.evaluate(() => [document.querySelectorAll('img').length, 'harmed' in window]),
  ).toEqual([0, false]);
  expect(complaints).toEqual([]);
});

it('a press on a link asks the core and leaves the page where it is', async () => {
  const { page } = await stage.open({ scene: 'read' });
  const url = page.url();
  const link = page.getByRole('link').first();
  await link.waitFor();
  await link.click();
  await link.click({ button: 'middle' });
  await link.click({ modifiers: ['Control'] });
  const opened = await page.evaluate(() =>
    window.demo!.bridge.calls.filter((call) => call.name === 'link.open').map((call) => call.input),
  );
  expect(opened).toEqual([
    { url: 'https://example.com/notes/2026-02' },
    { url: 'https://example.com/notes/2026-02' },
  ]);
  expect(page.url()).toBe(url);
  expect(page.context().pages().length).toBe(1);
});

it('what is dropped on the window does not open in its place', async () => {
  const { page } = await stage.open({ scene: 'read' });
  await page.locator('article').first().waitFor();
  const refused = await page.evaluate(() => {
    const file = new DataTransfer();
    file.items.add(new File(['x'], 'x.html', { type: 'text/html' }));
    const link = new DataTransfer();
    link.setData('text/uri-list', 'https://example.com/');
    const drop = (target: Element, dataTransfer: DataTransfer): boolean =>
      !target.dispatchEvent(
        new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }),
      );
    const field = document.querySelector('footer textarea')!;
    const text = new DataTransfer();
    text.setData('text/plain', 'words');
    return [
      drop(document.body, file),
      drop(field, file),
      drop(document.querySelector('article')!, link),
      drop(field, text),
    ];
  });
  expect(refused).toEqual([true, true, true, false]);
});

it('the page reaches for nothing but what it was served', async () => {
  const { page, context } = await stage.open({ scene: 'team' });
  const asked: string[] = [];
  context.on('request', (request) => asked.push(new URL(request.url()).host));
  await page.reload();
  await page.locator('article').first().waitFor();
  expect([...new Set(asked)]).toEqual([new URL(page.url()).host]);
});
