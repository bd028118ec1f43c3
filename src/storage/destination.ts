// Owns what the rest of the program asks of the place where documents are kept. Its life: a run holds it alone from opening
// to release; the main thread asks what is there (`areThere`, `isTaken`) and undoes what got no row; each worker thread has
// an object of its own for the same place, and puts checked bodies there (`openTemporary`, `save`, `refuse`, `matches`).
// Without holding it, `verify` reads (`list`, `sha256Of`). Paths are relative, with `/`, and go through `isDocumentPath`.
import type { Body } from '../model/body.ts';
import type { DocumentRequest } from '../model/document.ts';
import type { Failure } from '../model/failure.ts';

export type SaveEnd =
  | {
      readonly kind: 'saved';
      readonly path: string;
      readonly previousSha256: string | undefined;
      readonly warning: string | undefined;
    }
  /** The file at the URL's path has these bytes already; it was left untouched. */
  | { readonly kind: 'same'; readonly path: string; readonly adopted: boolean }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What a row says is there. */
export interface KnownFile {
  readonly path: string;
  readonly bytes: number;
}

/** Of a document whose save is to be undone. */
export interface SavedFile {
  readonly path: string;
  readonly previousSha256: string | undefined;
}

export interface Destination {
  /** Whether these files are there, each with its size. */
  areThere(files: readonly KnownFile[]): Promise<readonly boolean[]>;

  /** True if something stands at a path that no row names. Quick where nothing but rows' files can be there. */
  isTaken(path: string): boolean;

  /**
   * Puts a body under the first of the document's paths that is free or its own, whole or not at all, and never over what
   * is not its own: equal bytes are adopted, others passed by. Consumes the body. Rejects only with CannotWriteError.
   */
  save(request: DocumentRequest, body: Body): Promise<SaveEnd>;

  /** Keeps a body that was not accepted, for people; says where, or why not. Consumes it. Rejects with CannotWriteError. */
  refuse(request: DocumentRequest, body: Body): Promise<string>;

  /** Takes back a save that gets no row: what it replaced is there again, or nothing. Does what it can; never throws. */
  undo(saved: SavedFile): void;

  /** True if the file at a path has these bytes. Never rejects: what cannot be read has not. */
  matches(path: string, sha256: string): Promise<boolean>;

  /** SHA-256 of a file; undefined if it is not there, '' if its size alone says that it changed. Rejects if it cannot be read. */
  sha256Of(path: string, bytes: number | undefined): Promise<string | undefined>;

  /** The path of every file there but our own; a folder that cannot be read comes with the reason, its path ending in `/`. */
  list(): Iterable<{ readonly path: string; readonly unreadable?: string }>;

  /** Ends what was started for many questions; may be called more than once. */
  close(): void;
}
