/**
 * The one family of errors that the code throws on purpose. It is a room of its own at the bottom, because every room
 * throws failures and the rooms above must be able to tell them apart.
 *
 * A plain `Error` or `RangeError` is thrown for what cannot happen unless our own code is wrong. It is no failure.
 * @module
 */

/** The code of every failure, with what has happened. Each code belongs to one class. */
export const FAILURES = {
  'text-unreadable': 'A text breaks the rules of JSON or YAML, or exceeds a limit of them.',
  'events-unreadable': 'A file of Tetragon events cannot be read as a whole.',
  'events-exceeded': 'There are more Tetragon events than one request may have.',
  'attribute-invalid': 'An attribute or a tag of a Cedar entity is not written as its schema demands.',
  'entity-invalid': 'A Cedar entity of a policy-set version is not written as its schema demands.',
  'cedar-failed': 'Cedar could not evaluate: the policies, the schema or the entities are unusable.',
  'work-exceeded': 'Decisions would take more work, or a longer answer, than one request may have.',
  'policy-set-not-found': 'There is no policy set of this name.',
  'policy-set-version-not-found': 'The policy set has no such version or alias.',
  'policy-set-archived': 'The policy set is archived, so its aliases lead nowhere.',
  'policy-set-unavailable': 'The storage of policy sets does not answer, or has not got the content yet.',
  'policy-set-corrupt': 'What is stored for a policy set is not what its digest or its format demands.',
  'images-unavailable':
    'What is stored of images cannot be read or written now, or is in a form that this release does not know.',
  'settings-invalid': 'A setting of the Worker is missing or wrong.',
  'credentials-missing': 'The caller sent no credentials.',
  'credentials-invalid': 'The credentials are unknown, expired, revoked or not trusted.',
  'credentials-unavailable':
    'What is needed to check credentials, or to manage API keys, cannot be read or written.',
  'request-refused': 'A request is answered with the problem that the failure carries.',
  'api-call-failed': 'The API refused a request of the command line, or did not answer it.',
  'command-ended': 'A command ends with an exit code, and perhaps with a message.',
} as const;

/** The code of a failure. The union is closed, so that a table of all codes, or a `switch`, is checked for gaps. */
export type FailureCode = keyof typeof FAILURES;

/**
 * Something went wrong that the code foresees: the base class of all errors that are thrown on purpose. A class of the
 * family adds what those who catch it need, such as a place.
 *
 * @example
 * class TextUnreadable extends Failure {
 *   readonly code = 'text-unreadable';
 * }
 * new TextUnreadable('A brace is missing.').code; // => 'text-unreadable'
 */
export abstract class Failure extends Error {
  /** What has happened, in a form that code may switch on. It stays the same when the message is reworded. */
  abstract readonly code: FailureCode;
}
