import type { Hardening, Stance } from '../derive/posture.ts';
import type { Workload } from '../model/workload.ts';
import type { Note } from './note.ts';

/** What a container may say so that the pod has no policy that another one asks for. */
export const OBSTRUCTING: Record<Workload['dialect'], readonly Stance[]> = {
  // The specification: only what gives it up.
  lattice: ['relaxed'],
  // A field that is left out is false to the API server.
  kubernetes: ['relaxed', 'silent'],
};

/** Tells of containers that keep a policy from their pod. */
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
