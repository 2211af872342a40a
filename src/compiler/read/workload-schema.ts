import { z } from 'zod';
import { KubernetesWorkloadSchema } from './kubernetes/workload-schemas.ts';
import { LatticeJobSchema, LatticeModelSchema, LatticeServiceSchema } from './lattice/document-schemas.ts';

/** Any workload that can be compiled, for the OpenAPI document. Bodies are read by the schema of their kind alone. */
export const WorkloadSchema = z
  .union([LatticeServiceSchema, LatticeJobSchema, LatticeModelSchema, KubernetesWorkloadSchema])
  .meta({
    id: 'Workload',
    description: 'A Lattice service, job or model, or a Kubernetes workload.',
    examples: [
      {
        apiVersion: 'lattice.dev/v1alpha1',
        kind: 'LatticeService',
        metadata: { name: 'api-server', namespace: 'production' },
        spec: {
          workload: {
            containers: [
              {
                name: 'app',
                image: 'api-server:latest',
                securityContext: {
                  readOnlyRootFilesystem: true,
                  runAsNonRoot: true,
                  capabilities: { drop: ['ALL'] },
                  allowedBinaries: ['/usr/bin/api-server', '/usr/bin/curl'],
                },
              },
            ],
          },
        },
      },
    ],
  });
