// Owns what travels from the provisioner to a worker: the documents of a batch. Pure data that can be posted to a thread.

/** What makes a request conditional: validators of a file that is still what its row says. */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  /** SHA-256 of the bytes they belong to: a file with others is fetched without condition. */
  readonly sha256?: string | undefined;
}

/** `skip` fetches only what is not there; `check` asks whether it changed; `replace` fetches it again. */
export type Existing = 'skip' | 'check' | 'replace';

export interface DocumentRequest {
  /** Number of the URL within the run, from 0, in list order; names the document in messages. */
  readonly sequence: number;
  /** Canonical URL: the document's identity. */
  readonly url: string;
  /** Where it is fetched from; differs from `url` under `--mirror`. */
  readonly fetchUrl: string;
  /** Relative paths, with `/`, best first. All but the last may be held by files that have no row (adopted if equal). */
  readonly paths: readonly string[];
  /** True if a manifest row says that the file at `paths[0]` is this URL's own: it may be replaced. */
  readonly owned: boolean;
  /** What is to become of a file that is there (`--existing`). */
  readonly existing: Existing;
  readonly validators?: Validators | undefined;
}

export interface Batch {
  readonly documents: readonly DocumentRequest[];
}
