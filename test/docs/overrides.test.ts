import { describe, expect, test } from 'vitest';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import {
  CONTAINER_OVERRIDES,
  overrideCategory,
  POD_OVERRIDES,
  PROFILE_OVERRIDES,
} from '../../src/compiler/model/override.ts';
import { OVERRIDE_RULES } from '../../src/outputs/rules.ts';
import { PropertySchema } from './document.ts';
import { codesOf, namesIn, namesOf, tableOf } from './pages.ts';

describe('docs/overrides.md', () => {
  const rows = tableOf('docs/overrides.md', 'What a workload asks for');

  test('has every override, with its category', () => {
    const EXAMPLES: Readonly<Record<string, string>> = {
      '<path>': '/usr/bin/curl',
      '<CAP>': 'NET_ADMIN',
      '<type>': 'nfs',
      '<user>': 'system_u',
      '<role>': 'system_r',
      '<group>': 'argoproj.io',
      '<kind>': 'Rollout',
      '<port>': '8080',
      '<host>': '127.0.0.1',
      '<audience>': 'vault',
      '<name>': 'net.ipv4.ip_forward',
    };
    for (const [override, category] of rows) {
      const id = codesOf(override)[0]?.replaceAll(/<\w+>/g, (each) => EXAMPLES[each] ?? each) ?? '';
      expect(overrideCategory(id), id).toBe(codesOf(category)[0]);
    }
    const shown = namesOf(rows);
    for (const id of [...CONTAINER_OVERRIDES, ...POD_OVERRIDES, ...PROFILE_OVERRIDES])
      expect(shown).toContain(id);
    const rules = new Set(shown.map((id) => id.split(':', 1)[0] ?? ''));
    expect([...rules].sort()).toEqual(Object.keys(OVERRIDE_RULES).sort());
  });

  test('has every reason of a denial', () => {
    const { reason } = openapi.components.schemas.Decision.properties;
    const { enum: reasons = [] } = PropertySchema.parse(reason);
    expect(namesIn('docs/overrides.md', 'Denials').sort()).toEqual([...reasons].sort());
  });
});
