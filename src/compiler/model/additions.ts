/** What a controller adds to the pods of a kind, after the object that describes them has been judged. */
export interface Additions {
  /** The controller, as it reads in a sentence. */
  readonly by: string;
  /** Containers that it adds or may add, by their names, the most usual one first. */
  readonly containers?: readonly string[];
  /** Binaries that it starts in containers that the object declares, and that start the command of the container. */
  readonly binaries?: readonly string[];
  /** That it starts the command of declared containers by programs that nobody knows, such as those of a shell. */
  readonly startsOthers?: StartsOthers;
}

/** How a controller starts the containers that an object declares. */
interface StartsOthers {
  /** How it starts them, as it reads after "in it": a clause without a full stop. */
  readonly why: string;
  /** Whether only the first container is started so. */
  readonly first?: true;
}
