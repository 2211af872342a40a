import type { Hardening, Stance } from '../derive/posture.ts';
import type { Container, Workload } from '../model/workload.ts';
import type { Note } from './note.ts';

const OBSTRUCTING: Record<Workload['dialect'], readonly Stance[]> = {
  // By the specification, only a container that gives the hardening up prevents it.
  lattice: ['relaxed'],
  // The API server reads a field that is left out as false.
  kubernetes: ['relaxed', 'silent'],
};

/** The positions of a container that prevent a policy for its pod although another container asks for it. */
export function obstructing({ dialect }: Workload): (container: Container) => readonly Stance[] {
  return ({ isAdded }) => OBSTRUCTING[isAdded === true ? 'kubernetes' : dialect];
}

/** Adds a notice for each container that prevents a policy for its pod. */
export function noteObstacles(policy: string, field: string, { obstacles }: Hardening, note: Note): void {
  const says: Record<Stance, string> = { asked: '', relaxed: 'gives it up', silent: 'leaves it out' };
  for (const { container, stance } of obstacles) {
    note(
      'PolicySkippedForPod',
      `Another container asks for ${field} but ${container.name} ${says[stance]}, so the pod has no ${policy} policy. scope=container keeps it for the others.`,
      container.securityPath,
      container.name,
    );
  }
}
