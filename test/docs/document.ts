import { z } from 'zod';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import { namesIn } from './pages.ts';

/** What the OpenAPI document says of a value that a page lists. */
export const PropertySchema = z.looseObject({
  enum: z.array(z.string()).optional(),
  type: z.string().optional(),
  default: z.unknown().optional(),
  items: z.looseObject({ enum: z.array(z.string()).optional() }).optional(),
});

/** The values of an option as a table lists them: the default first. */
export function shownValues(schema: unknown): string[] {
  const { enum: values, type, default: usual, items } = PropertySchema.parse(schema);
  if (type === 'boolean') return usual === true ? ['true', 'false'] : ['false', 'true'];
  if (usual === undefined) return values ?? [];
  const first = [usual].flat().map(String);
  return [...first, ...(items === undefined ? (values ?? []) : []).filter((value) => !first.includes(value))];
}

/** The operations of a table of requests, as `GET /keys`: a row may name several methods of one path. */
export function operationsIn(page: string, heading: string): string[] {
  return namesIn(page, heading).reduceRight<{ path: string; found: string[] }>(
    ({ path, found }, code) => {
      const [method = '', own = path] = code.split(' ');
      return { path: own, found: [...found, `${method} ${own}`] };
    },
    { path: '', found: [] },
  ).found;
}

/** The operations of the OpenAPI document at a path and below it, as `GET /keys`. */
export function operationsBelow(prefix: string): string[] {
  return Object.entries(openapi.paths)
    .filter(([path]) => path === prefix || path.startsWith(`${prefix}/`))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
}
