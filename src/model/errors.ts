// Owns the two thrown kinds. Everything that concerns a single document is a Failure record instead.

/** The user asked for something impossible: one plain sentence, exit 2, nothing created. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The destination cannot be written (disk full, quota, read-only, I/O error): the run ends, exit 4. */
export class CannotWriteError extends Error {
  override readonly name = 'CannotWriteError';
}

/** Another run holds the destination: exit 75 at once. */
export class DestinationHeldError extends Error {
  override readonly name = 'DestinationHeldError';
}

/** The output that a user or a program wanted could not be written. */
export function cannotWriteStdout(error: Error): CannotWriteError {
  const message = `cannot write to stdout (${error.message}); make room, or send the output elsewhere`;
  return new CannotWriteError(message, { cause: error });
}
