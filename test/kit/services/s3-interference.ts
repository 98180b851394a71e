/** Ways in which a storage server goes wrong, for the hook of the stand-in. */
import type { ServerResponse } from 'node:http';
import { refuse, type Interference } from './s3-stand-in.ts';

/** Deals with the first requests of this method in the given ways, with the others not at all. */
export const first =
  (method: string, ...ways: readonly Interference[]): Interference =>
  async (request, response) =>
    request.method === method ? ((await nextOf(ways)?.(request, response)) ?? false) : false;
const taken = new WeakMap<readonly Interference[], number>();
function nextOf(ways: readonly Interference[]): Interference | undefined {
  const at = taken.get(ways) ?? 0;
  taken.set(ways, at + 1);
  return ways[at];
}
/** Deals with every request of this method. */
export const always =
  (method: string, way: Interference): Interference =>
  (request, response) =>
    request.method === method ? way(request, response) : false;
/** Answers with an error of S3. */
export const says =
  (status: number, code: string): Interference =>
  (request, response) => {
    request.resume();
    refuse(response, status, code, request.method === 'HEAD');
    return true;
  };
export const hangsUp: Interference = (request) => {
  request.destroy();
  return true;
};
/** Answers as it is told, whatever was asked. */
export const answers =
  (how: (response: ServerResponse) => void): Interference =>
  (request, response) => {
    request.resume();
    how(response);
    return true;
  };
