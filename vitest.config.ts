// The suites Vitest runs. `unit`: the tests beside the sources, the contract suites and the house's own fences;
// `sim`: seeded whole teams on a fake clock; `system`: real sockets, files and processes, one file at a time;
// `page`: the window alone in a browser, on a bridge in memory;
// `packaging`: the app as it would be shipped.
// The window's end-to-end specs are Playwright's (playwright.config.ts).
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite's own cache would otherwise land in node_modules, which `npm ci` deletes.
  cacheDir: '.cache/vite',
  test: {
    // A native crash (better-sqlite3) then takes one worker down with a name, not the whole run.
    pool: 'forks',
    maxWorkers: 2,
    // Other processes take their time on a busy machine; what never comes is found all the same.
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            '{protocol,doctor,electron,renderer,server,build,bench}/**/*.test.{ts,tsx}',
            'test/{campaign,contracts,fences,kit}/**/*.test.ts',
          ],
          // No test is timed by these: a server that is started for it takes its time on a busy machine.
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'sim',
          include: ['test/sim/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/{system,electron-standin}/**/*.test.ts'],
          // These start processes and count their milliseconds: a neighbour of the same rank would spoil the numbers.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'page',
          include: ['test/window/**/*.test.ts'],
          globalSetup: ['test/window/kit/setup.ts'],
          // Each file opens a browser, and pixels are compared.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'packaging',
          include: ['test/packaging/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
