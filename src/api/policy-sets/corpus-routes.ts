import type { App } from '../../http/openapi.ts';
import { getCorpus } from './get-corpus.ts';
import { storeCorpus } from './store-corpus.ts';

/** `/policy-sets/{name}/corpus` */
export function policySetCorpusRoutes(app: App): void {
  getCorpus(app);
  storeCorpus(app);
}
