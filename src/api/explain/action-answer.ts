import { z } from 'zod';
import { BASELINE_TIERS } from '../../compiler/emit/policies/baseline/baseline-options.ts';
import type { BlockedAction } from '../../events/blocked-action.ts';
import { visibleText } from '../../http/visible-text.ts';

/** The schema of what a process tried. */
export const BlockedActionSchema = z
  .strictObject({
    kind: z
      .enum(['binary', 'rootfs-write', 'identity', 'capability', 'baseline'])
      .meta({ description: 'What sort of thing it tried.', examples: ['binary'] }),
    path: z
      .string()
      .optional()
      .meta({
        description:
          'The binary after symbolic links, or the file that was to be changed; absent where the event does not tell.',
        examples: ['/usr/bin/curl'],
      }),
    requested: z
      .string()
      .optional()
      .meta({ description: '`binary`: the path that was passed to execve.', examples: ['curl'] }),
    deleted: z
      .boolean()
      .optional()
      .meta({
        description: '`binary`: whether the file is in no directory: a memfd, or a deleted file.',
        examples: [false],
      }),
    change: z
      .enum(['write', 'create', 'remove', 'rename', 'mkdir', 'truncate'])
      .optional()
      .meta({ description: '`rootfs-write`: what was to be done to the file.', examples: ['create'] }),
    by: z
      .enum(['uid', 'gid', 'setid-program', 'capset', 'file'])
      .optional()
      .meta({
        description:
          '`identity`, `capability`: by a change of ids, a set-id program, capset(2), or file capabilities.',
        examples: ['setid-program'],
      }),
    id: z
      .enum(['user', 'group'])
      .optional()
      .meta({
        description: '`identity`: whether the id is that of a user or of a group.',
        examples: ['user'],
      }),
    from: z
      .int()
      .optional()
      .meta({ description: '`identity`: the id before.', examples: [1000] }),
    to: z
      .int()
      .optional()
      .meta({ description: '`identity`: the id after.', examples: [0] }),
    capabilities: z
      .array(z.string())
      .optional()
      .meta({
        description: '`capability`: all that the process asked for, among them what it may hold already.',
        examples: [['NET_ADMIN']],
      }),
    tier: z
      .enum(BASELINE_TIERS)
      .optional()
      .meta({ description: '`baseline`: the tier that stopped it.', examples: ['mount'] }),
    call: z
      .string()
      .optional()
      .meta({ description: '`baseline`: the function of the kernel.', examples: ['security_sb_mount'] }),
    paths: z
      .array(z.string())
      .optional()
      .meta({ description: '`baseline`: the credential files.', examples: [['/etc/passwd']] }),
  })
  .meta({
    id: 'BlockedAction',
    description: 'What a process tried when a policy blocked it.',
    examples: [{ kind: 'binary', path: '/usr/bin/curl', requested: 'curl', deleted: false }],
  });

/** What a process tried. */
type ActionAnswer = z.output<typeof BlockedActionSchema>;

/** What a process tried, as answers have it: names that it chose have no invisible characters. */
export function actionAnswer(action: BlockedAction): ActionAnswer {
  switch (action.kind) {
    case 'binary': {
      const { kind, resolved, requested, deleted } = action;
      return { kind, ...pathField('path', resolved), ...pathField('requested', requested), deleted };
    }
    case 'rootfs-write':
      return { kind: action.kind, change: action.what, ...pathField('path', action.path) };
    case 'identity': {
      const { kind, what, id, from, to } = action;
      return {
        kind,
        by: what,
        id,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      };
    }
    case 'capability':
      return { kind: action.kind, by: action.how, capabilities: [...action.capabilities] };
    case 'baseline': {
      const { kind, tier, call, paths } = action;
      return { kind, tier, call, ...(paths.length === 0 ? {} : { paths: paths.map(visibleText) }) };
    }
  }
}

function pathField(key: 'path' | 'requested', path: string | undefined): Partial<Record<typeof key, string>> {
  return path === undefined ? {} : { [key]: visibleText(path) };
}
