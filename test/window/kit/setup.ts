/** Before the first test of the window: its page, built once for all of them. */
import { buildPage } from './page-server.ts';

export default async function setup(): Promise<void> {
  await buildPage();
}
