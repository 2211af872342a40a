import { z } from 'zod';
import { canonicalCapability, droppedCapability } from '../model/capabilities.ts';
import { optional } from '../model/names.ts';
import { overrideCategory } from '../model/override.ts';
import { pathProblem } from '../model/paths.ts';
import { PROFILE_TYPES, type SecurityContext } from '../model/workload.ts';

/** An entry of an allowlist: a path, or `*` for any binary. */
export const AllowedBinarySchema = z
  .string()
  .superRefine((path, context) => {
    if (path === '*') return;
    const problem = pathProblem(path);
    if (problem !== undefined) {
      context.addIssue({
        code: 'custom',
        message: `The path ${JSON.stringify(path.slice(0, 200))} ${problem}. Expected an absolute, canonical path, or "*".`,
      });
    }
  })
  .meta({
    id: 'AllowedBinary',
    description:
      'An absolute, canonical path (no `.`, `..`, `//` or trailing slash; at most 4,095 bytes), or `*` for any binary.',
    examples: ['/usr/bin/curl'],
  });

/** A capability to add or to drop. */
export const CapabilitySchema = z
  .string()
  .refine((name) => canonicalCapability(name) !== undefined, 'Not a Linux capability: see capabilities(7).')
  .meta({
    id: 'Capability',
    description: 'A Linux capability as in capabilities(7), with or without `CAP_`, or `ALL`.',
    examples: ['NET_BIND_SERVICE'],
  });

/** The capabilities of a container, as Kubernetes writes them. */
export const CapabilitiesSchema = z
  .strictObject({
    add: optional(z.array(CapabilitySchema)).meta({
      description: 'Granted beyond the runtime defaults.',
      examples: [['NET_BIND_SERVICE']],
    }),
    drop: optional(z.array(CapabilitySchema)).meta({
      description: 'Taken from the runtime defaults; `ALL` takes them all.',
      examples: [['ALL']],
    }),
  })
  .meta({
    id: 'Capabilities',
    description: 'Capabilities to add and drop.',
    examples: [{ drop: ['ALL'], add: ['NET_BIND_SERVICE'] }],
  });

/** The type of a seccomp or an AppArmor profile. */
export const ProfileTypeSchema = z.enum(PROFILE_TYPES);

function profileSchema(id: string, what: string) {
  return optional(
    z
      .strictObject({
        type: ProfileTypeSchema.meta({ description: `Which ${what} profile.`, examples: ['RuntimeDefault'] }),
        localhostProfile: optional(z.string()).meta({
          description: 'The profile on the node, for `Localhost`.',
          examples: ['profiles/audit.json'],
        }),
      })
      .meta({
        id,
        description: `The ${what} profile of a container.`,
        examples: [{ type: 'RuntimeDefault' }],
      }),
  );
}

const UnixIdSchema = z.int().min(0).max(2_147_483_647);

/** The fields that the security contexts of a Lattice and of a Kubernetes container have in common. */
export const containerSecurity = {
  readOnlyRootFilesystem: optional(z.boolean()).meta({
    description: 'True: writes to the container root are killed.',
    examples: [true],
  }),
  runAsNonRoot: optional(z.boolean()).meta({
    description: 'True: becoming uid or gid 0 is killed.',
    examples: [true],
  }),
  runAsUser: optional(UnixIdSchema).meta({
    description: 'The uid of the entrypoint. 0 is an override.',
    examples: [10001],
  }),
  runAsGroup: optional(UnixIdSchema).meta({
    description: 'The gid of the entrypoint. 0 is an override.',
    examples: [10001],
  }),
  capabilities: optional(CapabilitiesSchema).meta({
    description: 'Gaining any capability not granted here is killed.',
    examples: [{ drop: ['ALL'] }],
  }),
  privileged: optional(z.boolean()).meta({ description: 'True is an override.', examples: [false] }),
  allowPrivilegeEscalation: optional(z.boolean()).meta({
    description: 'True is an override.',
    examples: [false],
  }),
  seccompProfile: profileSchema('SeccompProfile', 'seccomp').meta({
    description: 'Unconfined and Localhost are overrides.',
    examples: [{ type: 'RuntimeDefault' }],
  }),
  appArmorProfile: profileSchema('AppArmorProfile', 'AppArmor').meta({
    description: 'Unconfined and Localhost are overrides.',
    examples: [{ type: 'RuntimeDefault' }],
  }),
};

const SELINUX_NAME = /^[A-Za-z0-9_.-]{0,253}$/;
const SELINUX_MESSAGE = 'Expected the name of an SELinux type, user or role: letters, digits, _ . and -.';
const seLinuxName = optional(z.string().regex(SELINUX_NAME, SELINUX_MESSAGE));

const seLinuxOptions = optional(
  z.strictObject({
    level: optional(z.string()),
    type: seLinuxName,
    user: seLinuxName,
    role: seLinuxName,
  }),
).meta({
  description:
    'A level and the types of confined containers pass; any other type, a user and a role are overrides (`seLinux:spc_t`).',
  examples: [{ level: 's0:c123,c456' }],
});

/** Whether a text can be the name of a user, as an override names it. */
function isUserName(name: string): boolean {
  return name === '' || overrideCategory(`windowsUser:${name.toLowerCase()}`) !== undefined;
}

const windowsOptions = optional(
  z.strictObject({
    hostProcess: optional(z.boolean()),
    runAsUserName: optional(z.string().refine(isUserName, 'Not the name of a user of Windows.')),
    gmsaCredentialSpecName: optional(z.string()),
    gmsaCredentialSpec: optional(z.string()),
  }),
).meta({
  description: '`hostProcess` is an override, and so is any user but ContainerUser.',
  examples: [{ runAsUserName: 'ContainerUser' }],
});

/** The security context of a Kubernetes container (core/v1 SecurityContext). An unknown key is an error. */
export const NativeSecurityContextSchema = z
  .strictObject({
    ...containerSecurity,
    procMount: optional(z.enum(['Default', 'Unmasked'])).meta({
      description: '`Unmasked` is an override.',
      examples: ['Default'],
    }),
    seLinuxOptions,
    windowsOptions,
  })
  .meta({
    id: 'NativeSecurityContext',
    description: 'The security context of a Kubernetes container. An unknown key is an error.',
    examples: [{ readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] } }],
  });

/** The security context of a Kubernetes pod (core/v1 PodSecurityContext). Containers inherit some of its fields. */
export const PodSecurityContextSchema = z
  .strictObject({
    runAsNonRoot: containerSecurity.runAsNonRoot,
    runAsUser: containerSecurity.runAsUser,
    runAsGroup: containerSecurity.runAsGroup,
    seccompProfile: containerSecurity.seccompProfile,
    appArmorProfile: containerSecurity.appArmorProfile,
    seLinuxOptions,
    windowsOptions,
    fsGroup: optional(UnixIdSchema),
    fsGroupChangePolicy: optional(z.string()),
    supplementalGroups: optional(z.array(UnixIdSchema)),
    supplementalGroupsPolicy: optional(z.string()),
    seLinuxChangePolicy: optional(z.string()),
    sysctls: optional(z.array(z.strictObject({ name: z.string(), value: z.string() }))),
  })
  .meta({
    id: 'PodSecurityContext',
    description: 'What the containers of a Kubernetes pod inherit. An unknown key is an error.',
    examples: [{ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }],
  });

type ContainerSecurity = z.output<z.ZodObject<typeof containerSecurity>>;

/** The fields of a security context in the form of the compiler's model, in which null does not occur. */
export function securityOf(context: ContainerSecurity): Omit<SecurityContext, 'allowedBinaries'> {
  const drop = context.capabilities?.drop;
  return {
    readOnlyRootFilesystem: context.readOnlyRootFilesystem ?? undefined,
    runAsNonRoot: context.runAsNonRoot ?? undefined,
    runAsUser: context.runAsUser ?? undefined,
    runAsGroup: context.runAsGroup ?? undefined,
    capabilitiesAdd: (context.capabilities?.add ?? []).flatMap((name) => canonicalCapability(name) ?? []),
    capabilitiesDrop: drop == null ? undefined : drop.flatMap((name) => droppedCapability(name) ?? []),
    privileged: context.privileged ?? false,
    allowPrivilegeEscalation: context.allowPrivilegeEscalation ?? undefined,
    seccompProfile: context.seccompProfile?.type,
    appArmorProfile: context.appArmorProfile?.type,
  };
}
