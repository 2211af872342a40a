import { z } from 'zod';

/** The config of an image, for the OpenAPI document. Bodies are read by the compiler's own reader. */
export const ImageConfigSchema = z
  .union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown()))])
  .meta({
    id: 'ImageConfig',
    description:
      'The config of an image, as `crane config`, `skopeo inspect --config` or `docker image inspect` prints it. Only how its containers start is read.',
    examples: [
      {
        architecture: 'amd64',
        os: 'linux',
        config: {
          Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
          Entrypoint: ['/docker-entrypoint.sh'],
          Cmd: ['nginx', '-g', 'daemon off;'],
        },
      },
    ],
  });
