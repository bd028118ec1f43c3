// Owns the closed list of failure codes and what each means for a retry. A failure is a plain record that settles a URL;
// an error is thrown and ends the run.

export type FailureCode =
  | 'invalid-url'
  | 'not-found'
  | 'forbidden'
  | 'user-agent-refused'
  | 'blocked'
  | 'redirect'
  | 'http-status'
  | 'timeout'
  | 'connection'
  | 'truncated'
  | 'corrupt'
  | 'unexpected-content'
  | 'too-large'
  | 'worker-crashed'
  | 'disk';

export interface Failure {
  readonly code: FailureCode;
  /** One sentence for a person; never contains a password. */
  readonly message: string;
  /** True if another attempt, or a later run, may well succeed. */
  readonly transient: boolean;
}

export function transientFailure(code: FailureCode, message: string): Failure {
  return { code, message, transient: true };
}

export function permanentFailure(code: FailureCode, message: string): Failure {
  return { code, message, transient: false };
}
