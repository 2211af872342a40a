import type { App } from '../../http/openapi.ts';
import { buildBaseline } from './build-baseline.ts';
import { getBaseline } from './get-baseline.ts';

/** `GET /baseline` and `POST /baseline` */
export function baselineRoutes(app: App): void {
  getBaseline(app);
  buildBaseline(app);
}
