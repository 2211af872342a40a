import { z } from 'zod';
import { LIMITS } from '../../model/limits.ts';
import { optional } from '../../model/names.ts';
import {
  AllowedBinarySchema,
  CapabilitiesSchema,
  CapabilitySchema,
  containerSecurity,
  ProfileTypeSchema,
} from '../security-context.ts';

/** A profile as Kubernetes writes it, or its type alone, as the CRD of Lattice does. */
function profileOf<T extends z.ZodType>(profile: T) {
  return z.union([profile, ProfileTypeSchema.transform((type) => ({ type, localhostProfile: undefined }))]);
}

function localhostProfile(profile: string) {
  return optional(z.string()).meta({
    description: `The file of \`${profile}\`, in the spelling of the CRD.`,
    examples: ['profiles/audit.json'],
  });
}

/**
 * The security context of a Lattice container, in Kubernetes' spelling or in that of the CRD, which may be mixed. Readers
 * see the former alone. An unknown key is an error, since a misspelt one would be a security hole.
 */
export const SecurityContextSchema = z
  .strictObject({
    allowedBinaries: optional(z.array(AllowedBinarySchema).max(LIMITS.binaries)).meta({
      description:
        'Binaries that may run, joined with the entrypoints found in commands, exec probes and hooks. `["*"]` lifts the restriction.',
      examples: [['/usr/bin/api-server', '/usr/bin/curl']],
    }),
    ...containerSecurity,
    capabilities: optional(
      z.union([CapabilitiesSchema, z.array(CapabilitySchema).transform((add) => ({ add, drop: undefined }))]),
    ).meta({
      description:
        'Gaining any capability not granted here is killed. A list is that of the added ones, in the spelling of the CRD.',
      examples: [{ drop: ['ALL'] }, ['NET_BIND_SERVICE']],
    }),
    dropCapabilities: optional(z.array(CapabilitySchema)).meta({
      description: '`capabilities.drop`, in the spelling of the CRD.',
      examples: [['ALL']],
    }),
    seccompProfile: optional(profileOf(containerSecurity.seccompProfile)).meta({
      description:
        'Unconfined and Localhost are overrides. A string is the type, in the spelling of the CRD.',
      examples: [{ type: 'RuntimeDefault' }, 'RuntimeDefault'],
    }),
    seccompLocalhostProfile: localhostProfile('seccompProfile'),
    appArmorProfile: optional(profileOf(containerSecurity.appArmorProfile)).meta({
      description: 'Unconfined and Localhost are overrides. A string is the type.',
      examples: [{ type: 'RuntimeDefault' }],
    }),
    apparmorProfile: optional(profileOf(containerSecurity.appArmorProfile)).meta({
      description: '`appArmorProfile`, in the spelling of the CRD.',
      examples: ['RuntimeDefault'],
    }),
    apparmorLocalhostProfile: localhostProfile('apparmorProfile'),
  })
  .meta({
    id: 'SecurityContext',
    description: 'What a container may do. An unknown key is an error.',
    examples: [
      {
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        capabilities: { drop: ['ALL'] },
        allowedBinaries: ['/usr/bin/api-server'],
      },
      { runAsNonRoot: true, dropCapabilities: ['ALL'], seccompProfile: 'RuntimeDefault' },
    ],
  });
