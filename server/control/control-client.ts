/** Speaks to a running relay of this machine over its control socket. Says apart that no relay runs, so that the caller can go on without. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { fail, type Result } from '../../protocol/result.ts';
import type { Command, CommandFault } from './commands.ts';
import type { CommandResult, Operator } from './operator.ts';

/** An operator who speaks through the socket, or nothing when nobody listens there. */
export async function reachOperator(path: string): Promise<Operator | undefined> {
  const probe = connect(path);
  try {
    await once(probe, 'connect');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return undefined;
    throw error;
  } finally {
    probe.destroy();
  }
  return {
    run: async <C extends Command>(ask: C) => (await say(path, ask)) as CommandResult<C['command']>,
  };
}

async function say(path: string, ask: Command): Promise<Result<unknown, CommandFault>> {
  const socket = connect(path);
  socket.setEncoding('utf8');
  socket.write(`${JSON.stringify(ask)}\n`);
  let text = '';
  try {
    for await (const part of socket) text += part as string;
    return JSON.parse(text) as Result<unknown, CommandFault>;
  } catch {
    return fail({
      kind: 'failed',
      message: 'The relay hung up before it answered. Look into its log.',
    });
  }
}
