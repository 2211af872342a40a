import { z } from 'zod';
import { NOTICE_CODES, type Notice } from '../compiler/model/notices.ts';
import { visibleText } from '../http/visible-text.ts';
import { placeOf, type WorkloadBody } from './workload-body.ts';

/** The schema of a notice in an answer. */
export const NoticeSchema = z
  .strictObject({
    code: z
      .enum(Object.keys(NOTICE_CODES))
      .meta({ description: 'The kind of notice. Stable.', examples: ['ImplicitWildcard'] }),
    level: z.enum(['warning', 'note']).meta({
      description:
        '`warning`: less is protected, or more is killed, than one might think. `note`: a fact to know.',
      examples: ['warning'],
    }),
    service: z.string().meta({
      description: 'The service, `<namespace>/<name>`; empty for the whole request.',
      examples: ['shop/web'],
    }),
    container: z
      .string()
      .optional()
      .meta({ description: 'The container, when it is about one.', examples: ['web'] }),
    message: z.string().meta({
      description: 'What happened, and what could be done.',
      examples: [
        'No command and no allowedBinaries: the entrypoint of the image is unknown, so any binary may run.',
      ],
    }),
    document: z
      .int()
      .min(0)
      .meta({ description: 'The document of the body, from 0.', examples: [0] }),
    pointer: z.string().meta({
      description: 'The value that led to it, as a JSON pointer.',
      examples: ['/spec/workload/containers/0'],
    }),
    line: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Its line in the body, from 1.', examples: [9] }),
    column: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Its column in the body, from 1.', examples: [9] }),
  })
  .meta({
    id: 'Notice',
    description: 'Something the caller should know, though nothing is wrong.',
    examples: [
      {
        code: 'ImplicitWildcard',
        level: 'warning',
        service: 'shop/web',
        container: 'web',
        message: 'The entrypoint of the image is unknown.',
        document: 0,
        pointer: '/spec/workload/containers/0',
      },
    ],
  });

/** A notice in an answer. */
export type NoticeAnswer = z.output<typeof NoticeSchema>;

/** Writes notices as answers have them, each with the line and column of its value. */
export function noticeAnswers(notices: readonly Notice[], body: WorkloadBody): NoticeAnswer[] {
  return notices.map((notice) => noticeAnswer(notice, body));
}

function noticeAnswer(
  { code, service, container, message, document, path }: Notice,
  body: WorkloadBody,
): NoticeAnswer {
  return {
    code,
    level: NOTICE_CODES[code].level,
    service,
    ...(container === undefined ? {} : { container }),
    message: visibleText(message),
    ...placeOf(body, document, path),
  };
}
