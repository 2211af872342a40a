import { z } from 'zod';
import { KubernetesWorkloadSchema } from './kubernetes/workload-schemas.ts';
import {
  EXAMPLE_SERVICE,
  LatticeJobSchema,
  LatticeModelSchema,
  LatticeServiceSchema,
} from './lattice/document-schemas.ts';

/** Any workload that can be compiled, for the OpenAPI document. Bodies are read by the schema of their kind alone. */
export const WorkloadSchema = z
  .union([LatticeServiceSchema, LatticeJobSchema, LatticeModelSchema, KubernetesWorkloadSchema])
  .meta({
    id: 'Workload',
    description: 'A Lattice service, job or model, or a Kubernetes workload.',
    examples: [EXAMPLE_SERVICE],
  });
