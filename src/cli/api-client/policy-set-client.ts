import { z } from 'zod';
import {
  AliasStateSchema,
  type PolicySet,
  PolicySetSchema,
  VersionSummarySchema,
} from '../../policy-sets/policy-set-schemas.ts';
import {
  type VersionContent,
  VersionContentSchema,
  type VersionRequest,
} from '../../policy-sets/version-schemas.ts';
import type { ApiClient } from './api-client.ts';
import { ClientError } from './client-error.ts';

// A newer API may answer with more fields than this program knows.
const SetAnswerSchema = z.looseObject(PolicySetSchema.shape);
const VersionAnswerSchema = z.looseObject({ content: VersionContentSchema });
const VersionSummaryAnswerSchema = z.looseObject(VersionSummarySchema.shape);
const AliasAnswerSchema = z.looseObject(AliasStateSchema.shape);

/** What an activation asks for. */
export interface ActivationOrder {
  /** A number, a digest or an alias. */
  readonly version: string;
  /** For the history of the set. */
  readonly reason: string;
  /** Whether the API refuses to deny what is permitted in the corpus of the set. */
  readonly requireNoNewDenials: boolean;
}

/** Manages one policy set through the API. Every method throws `ClientError` when the API refuses. */
export class PolicySetClient {
  /** The name of the set. */
  readonly name: string;
  private readonly api: ApiClient;

  /** @param name The name of the set, which need not exist. */
  constructor(api: ApiClient, name: string) {
    this.api = api;
    this.name = name;
  }

  /** Reads the set; undefined when it does not exist. */
  read(): Promise<PolicySet | undefined> {
    return unlessMissing(() => this.api.json(SetAnswerSchema, 'GET', this.path()));
  }

  /** Creates the set. */
  create(description: string): Promise<PolicySet> {
    const body = JSON.stringify({ name: this.name, description });
    return this.api.json(SetAnswerSchema, 'POST', '/policy-sets', { body });
  }

  /**
   * Publishes a version. Content that is published already gives the version that holds it.
   *
   * @param set The set as it was read: the API refuses when it has changed since.
   */
  publish(set: PolicySet, version: VersionRequest): Promise<z.output<typeof VersionSummarySchema>> {
    const parts = { body: JSON.stringify(version), ifMatch: `"${set.revision}"` };
    return this.api.json(VersionSummaryAnswerSchema, 'POST', this.path('/versions'), parts);
  }

  /**
   * Reads the content of a version; undefined when there is none, e.g. when nothing is active yet.
   *
   * @param reference A number, a digest or an alias.
   */
  async content(reference: string): Promise<VersionContent | undefined> {
    const path = this.path(`/versions/${encodeURIComponent(reference)}`);
    const answer = await unlessMissing(() => this.api.json(VersionAnswerSchema, 'GET', path));
    return answer?.content;
  }

  /**
   * Makes an alias point at a version.
   *
   * @param set The set as it was read: the API refuses when it has changed since.
   */
  activate(
    set: PolicySet,
    alias: string,
    order: ActivationOrder,
  ): Promise<z.output<typeof AliasStateSchema>> {
    const parts = { body: JSON.stringify(order), ifMatch: `"${set.revision}"` };
    return this.api.json(AliasAnswerSchema, 'PUT', this.path(`/aliases/${encodeURIComponent(alias)}`), parts);
  }

  /** The path of the set in the API, with what comes below it, such as `/versions`. */
  path(below = ''): string {
    return `/policy-sets/${encodeURIComponent(this.name)}${below}`;
  }
}

/** What a request answers; undefined when the API answers 404. */
async function unlessMissing<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof ClientError && error.problem?.status === 404) return undefined;
    throw error;
  }
}
