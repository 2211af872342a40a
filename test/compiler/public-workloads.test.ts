import { describe, expect, test } from 'vitest';
import { readWorkloadObjects } from '../../src/compiler/index.ts';
import {
  knownImages,
  manifestOf,
  PUBLIC_IMAGES,
  PUBLIC_WORKLOADS,
  publicImageOf,
  runOf,
} from '../support/public-workloads.ts';

const source = { document: 0, path: [] };

describe('the images of public projects', () => {
  test('are known by distinct references', () => {
    const references = PUBLIC_IMAGES.flatMap((image) => image.references);
    expect(references).toEqual([...new Set(references)]);
  });

  test('have facts that the reader of configs understands', () => {
    for (const { facts } of knownImages()) expect(facts.path).toMatch(/^\//);
  });

  test('are each used by a workload', () => {
    const used = PUBLIC_WORKLOADS.flatMap(({ containers }) => containers.map(({ image }) => image));
    for (const { references } of PUBLIC_IMAGES)
      for (const reference of references) expect(used).toContain(reference);
  });

  test('execute the entrypoint that their config names, or say in each workload what runs', () => {
    for (const { references, config, runs } of PUBLIC_IMAGES) {
      const [first] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
      if (first === undefined) continue;
      const paths = runs.flatMap((run) => (typeof run === 'string' ? [run] : [run.requested]));
      const name = first.split('/').at(-1) ?? '';
      expect(
        paths.some((path) => path.endsWith(`/${name}`)),
        references[0],
      ).toBe(true);
    }
  });
});

describe('the workloads of public projects', () => {
  test('are each read as one workload without a fault', () => {
    for (const workload of PUBLIC_WORKLOADS) {
      const read = readWorkloadObjects([{ value: manifestOf(workload), source }]);
      const names = read.ok ? read.workloads.map(({ name }) => name) : read.faults;
      expect(names, workload.project).toEqual([workload.name]);
    }
  });

  test('are distinct, and enough to measure with', () => {
    const names = PUBLIC_WORKLOADS.map(({ project, kind, name }) => `${project} ${kind} ${name}`);
    expect(names).toEqual([...new Set(names)]);
    expect(names.length).toBeGreaterThan(100);
  });

  test('say of each container what it executes', () => {
    for (const container of PUBLIC_WORKLOADS.flatMap(({ containers }) => containers)) {
      expect(runOf(container).length, container.name).toBeGreaterThan(0);
      // With a command the image's own start does not count; without one, only the image tells what starts.
      if (container.command !== undefined) expect(container.runs, container.name).toBeDefined();
      else expect(publicImageOf(container), container.name).toBeDefined();
    }
  });
});
