// Owns what a download and its save come to, as the outcome that the main thread hears of.
import type { DocumentRequest } from '../model/document.ts';
import type { Body } from '../model/body.ts';
import type { Outcome, SavedDocument } from '../model/outcome.ts';
import type { DownloadEnd } from '../http/download.ts';
import type { ReceivedDocument } from '../http/verdict.ts';
import type { SaveEnd } from '../storage/destination.ts';

type DocumentEnd = Extract<DownloadEnd, { kind: 'document' }>;

export function outcomeOfSave(request: DocumentRequest, end: DocumentEnd, save: SaveEnd): Outcome {
  const { effort, document } = end;
  switch (save.kind) {
    case 'failed':
      return { kind: 'failed', effort, failure: save.failure };
    case 'same':
      if (!save.adopted && request.existing === 'check') return { kind: 'confirmed', effort };
      return { kind: 'saved', effort, document: describe(document, save) };
    case 'saved':
      return { kind: 'saved', effort, document: describe(document, save) };
  }
}

/** `keep` keeps a body that was not accepted, and says where. Rejects if it does. */
export async function outcomeWithoutSave(
  end: Exclude<DownloadEnd, DocumentEnd>,
  keep: (body: Body) => Promise<string>,
): Promise<Outcome> {
  switch (end.kind) {
    case 'left':
      return leftAfter(end);
    case 'not-modified':
      return { kind: 'confirmed', effort: end.effort };
    case 'missing':
      return { kind: 'missing', effort: end.effort, failure: end.failure };
    case 'failed': {
      const { effort, failure, refused } = end;
      if (refused === undefined) return { kind: 'failed', effort, failure };
      const kept = await keep(refused.body);
      const message = `${failure.message} (rule ${refused.rule}; ${kept}; --check wire would accept it)`;
      return { kind: 'failed', effort, failure: { ...failure, message } };
    }
  }
}

/** The run ends: the document is none of its failures, and what was sent for it counts. */
export function leftAfter(end: DownloadEnd): Outcome {
  const { requests, receivedBytes } = end.kind === 'left' ? end : end.effort;
  return { kind: 'left', requests, receivedBytes: receivedBytes ?? 0 };
}

const OTHER_MD5 = "saved although the SEC's ETag is not the MD5 of these bytes: they came twice alike";

function describe(document: ReceivedDocument, save: Exclude<SaveEnd, { kind: 'failed' }>): SavedDocument {
  const { body, bytes, etag, lastModified, root, md5Differs } = document;
  const saved = save.kind === 'saved';
  return {
    path: save.path,
    bytes,
    sha256: body.sha256,
    etag,
    lastModified,
    root,
    previousSha256: saved ? save.previousSha256 : undefined,
    wasThere: !saved,
    warning: (saved ? save.warning : undefined) ?? (md5Differs ? OTHER_MD5 : undefined),
  };
}
