import {
  type BaselineOptions,
  BaselineOptionsSchema,
} from '../../compiler/emit/policies/baseline/baseline-options.ts';
import { readObject } from '../../http/object-body.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { NoQuerySchema, readQuery } from '../../http/query.ts';
import { readDocuments } from '../../http/read-body.ts';
import { ANSWER, answerWith } from './baseline-answer.ts';

/** `POST /baseline` */
export function buildBaseline(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/baseline',
    operationId: 'buildBaseline',
    tag: 'Baseline',
    summary: 'The cluster baseline, with options in the body',
    description: 'As `GET /baseline`, with the options as JSON or YAML. An empty body means the defaults.',
    body: {
      schema: BaselineOptionsSchema,
      description: 'The options; what is left out has its default.',
      required: false,
    },
    answer: ANSWER,
    access: 'caller',
    problems: ['malformed-body', 'body-too-large', 'unsupported-media-type', 'invalid-request'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      return answerWith(context, await readOptions(context.req.raw));
    },
  });
}

async function readOptions(request: Request): Promise<BaselineOptions> {
  const documents = request.body === null ? [] : await readDocuments(request);
  return readObject(documents, BaselineOptionsSchema).value;
}
