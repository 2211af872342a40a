import { z } from 'zod';

/** The person behind a caller, e.g. the one who started the run of a pipeline. */
export const PersonSchema = z
  .strictObject({
    id: z.string().meta({
      description:
        'The person as the two-person rule tells them apart: the owner of an API key, or the claim of a token that stands for a person, after its issuer.',
      examples: ['https://token.actions.githubusercontent.com#583231'],
    }),
    name: z.string().meta({
      description: 'What people call them, as the credentials say; empty when they do not.',
      examples: ['ada'],
    }),
  })
  .meta({
    id: 'Person',
    description: 'The person behind a caller.',
    examples: [{ id: 'https://token.actions.githubusercontent.com#583231', name: 'ada' }],
  });
/** The person behind a caller. */
export type Person = z.output<typeof PersonSchema>;
