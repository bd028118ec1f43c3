// Owns what is thrown: three kinds of ours, and the code of an error that is somebody else's. Everything that concerns a single
// document is a Failure record instead.

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

/** The code that the system, Node or zlib gave an error (`ENOENT`, `Z_BUF_ERROR`); '' if there is none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
