import type { BlockedAction } from '../../events/blocked-action.ts';
import { visibleText } from '../../http/visible-text.ts';
import type { ActionAnswer } from './explanation-schema.ts';

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
