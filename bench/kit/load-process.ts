/** The load as a process of its own: the questions it answers. */
import { Load } from './load.ts';
import type { Burst, Closed, Paced, Setting } from './load-spec.ts';
import { answer } from './remote.ts';

let load: Load | null = null;

const current = (): Load => {
  if (load === null) throw new Error('nobody is connected');
  return load;
};

answer({
  connect: (setting: Setting) => {
    load = new Load(setting);
    return load.connect();
  },
  saturate: (closed: Closed) => current().saturate(closed),
  burst: (burst: Burst) => current().burst(burst),
  pace: (paced: Paced) => current().pace(paced),
  setBody: (body: { readonly bytes: number }) => current().setBody(body),
  stopReading: () => current().stopReading(),
  comeBack: (returning: { readonly missedEach: number }) => current().comeBack(returning),
});
