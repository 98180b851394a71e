/**
 * The app's end of the channel to the test: runs functions of the test in main with the `electron` module as their first argument,
 * as Playwright's `ElectronApplication.evaluate` does, and ends the app when the test is gone.
 */
import { Script } from 'node:vm';
import { createCodec } from '../page/codec.ts';

export interface EvaluateRequest {
  readonly op: 'evaluate';
  readonly id: number;
  readonly source: string;
  /** The codec's text. */
  readonly arg: string;
}

export type EvaluateAnswer =
  | { readonly op: 'result'; readonly id: number; readonly ok: true; readonly value: string }
  | { readonly op: 'result'; readonly id: number; readonly ok: false; readonly error: string };

const isRequest = (message: unknown): message is EvaluateRequest =>
  typeof message === 'object' && message !== null && 'op' in message && message.op === 'evaluate';

export function openHarnessChannel(electron: object, gone: () => void): void {
  if (process.send === undefined) return;
  const codec = createCodec();
  const answer = (message: EvaluateAnswer): void => {
    if (process.connected) process.send?.(message);
  };
  const evaluate = async ({ id, source, arg }: EvaluateRequest): Promise<void> => {
    try {
      const run = new Script(`(${source})`, {
        filename: 'evaluated-by-a-test',
      }).runInThisContext() as (...args: readonly unknown[]) => unknown;
      answer({
        op: 'result',
        id,
        ok: true,
        value: codec.encode(await run(electron, codec.decode(arg))),
      });
    } catch (error) {
      answer({
        op: 'result',
        id,
        ok: false,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  };
  process.on('message', (message) => {
    if (isRequest(message)) void evaluate(message);
  });
  process.on('disconnect', gone);
}
