// Owns a state file in memory, for limiters that several runs of a test share.
import type { RateLimiterOptions } from '../../src/limits/rate-limiter.ts';

type StateFile = NonNullable<RateLimiterOptions['file']>;

export class MemoryFile implements StateFile {
  content: unknown = undefined;

  read(): unknown {
    return this.content;
  }

  update<T>(change: (content: unknown) => { readonly content: unknown; readonly value: T }): Promise<T> {
    const { content, value } = change(this.content);
    this.content = content;
    return Promise.resolve(value);
  }
}
