import { Failure } from '../failures/failure.ts';

/** A file of events cannot be read as a whole. A single line that cannot be read is no such failure. */
export class EventsUnreadable extends Failure {
  readonly code = 'events-unreadable';
}

/** There are more events than one request may have. */
export class TooManyEvents extends Failure {
  readonly code = 'events-exceeded';
}
