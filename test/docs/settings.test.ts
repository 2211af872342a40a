import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import { SettingsSchema } from '../../src/access/settings.ts';
import { VersionContentSchema } from '../../src/policy-sets/version-schemas.ts';
import { codesOf, namesIn, namesOf, read, tableOf } from './pages.ts';

describe('docs/settings.md', () => {
  test('has every setting of the Worker, with its default', () => {
    const rows = tableOf('docs/settings.md', 'Settings of the Worker');
    expect(namesOf(rows).sort()).toEqual(Object.keys(SettingsSchema.shape).sort());
    const usual = SettingsSchema.parse({});
    for (const [name, shown] of rows) {
      const [setting = ''] = codesOf(name);
      const given = shown === 'none' ? {} : { [setting]: codesOf(shown)[0] };
      expect(SettingsSchema.parse(given), setting).toEqual(usual);
    }
  });

  test('has the default of none only where there is nothing to give', () => {
    const usual: Readonly<Record<string, unknown>> = SettingsSchema.parse({});
    for (const [name, shown] of tableOf('docs/settings.md', 'Settings of the Worker'))
      if (shown === 'none') expect([undefined, []]).toContainEqual(usual[codesOf(name)[0] ?? '']);
  });

  test('has every binding of wrangler.toml', () => {
    const bindings = [...read('wrangler.toml').matchAll(/\b(?:binding|name) = "([A-Z_]+)"/g)];
    expect(namesIn('docs/settings.md', 'Bindings of the Worker').sort()).toEqual(
      bindings.map(([, name = '']) => name).sort(),
    );
  });

  test('has every option of npm start', () => {
    const usage = execFileSync('npm', ['start', '--silent', '--', '--help'], { encoding: 'utf8' });
    const options = [...usage.matchAll(/^ {2}(--.+?) {2,}/gm)].map(([, option = '']) => option);
    expect(namesIn('docs/settings.md', 'The local server')).toEqual(options);
    for (const [option, usual] of tableOf('docs/settings.md', 'The local server')) {
      const [, said] = new RegExp(`${codesOf(option)[0]} .*?\\(default: (.+?)\\)`).exec(usage) ?? [];
      const [, kept] = new RegExp(`${codesOf(option)[0]} .*\\(default: (.+?)\\);`).exec(usage) ?? [];
      if (said !== undefined) expect(codesOf(usual)[0], option).toBe(kept ?? said);
    }
  });

  test('has every variable that the commands read', () => {
    const files = readdirSync('src/cli', { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const named = files.flatMap((name) => [
      ...read(join('src/cli', name)).matchAll(/\bTRACEWRIGHT_[A-Z]+\b/g),
    ]);
    expect(namesIn('docs/settings.md', 'Environment variables of the commands').sort()).toEqual(
      [...new Set(named.map(([name]) => name))].sort(),
    );
  });

  test('has every setting of a policy set', () => {
    const { properties } = openapi.components.schemas.PolicySetSettings;
    expect(namesIn('docs/settings.md', 'Settings of a policy set')).toEqual(Object.keys(properties));
  });
});

describe('the settings of a policy set', () => {
  const page = 'docs/settings.md';
  const { settings } = VersionContentSchema.shape;
  const { PolicySetSettings, WorkloadKindRow, WorkloadKindPods } = openapi.components.schemas;
  const fieldsOf = ({ properties }: { readonly properties: object }): string[] => Object.keys(properties);

  test('are each in the table', () => {
    expect(namesOf(tableOf(page, 'Settings of a policy set')).sort()).toEqual(
      fieldsOf(PolicySetSettings).sort(),
    );
  });

  test('are read as the page shows them', () => {
    const shown = [...read(page).matchAll(/```json\n([\s\S]+?)```/g)].map(([, text = '']) =>
      JSON.parse(text),
    );
    const sets = shown.filter((each) => 'options' in each || 'workloadKinds' in each);
    expect(sets.length).toBe(2);
    for (const each of sets) expect(settings.safeParse(each).error?.issues ?? []).toEqual([]);
  });

  test('have every field of a kind of workloads', () => {
    const fields = [...fieldsOf(WorkloadKindRow), ...fieldsOf(WorkloadKindPods)];
    expect(namesIn(page, 'Kinds of workloads of your own').sort()).toEqual(fields.sort());
  });
});
