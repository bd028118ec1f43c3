// Owns one attempt at a document: its request and its redirect hops, each with a permit of its own.
import { permanentFailure } from '../model/failure.ts';
import type { HttpContext } from './context.ts';
import { request, type Asked, type RequestManner, type Trace } from './request.ts';
import type { RequestEnd } from './verdict.ts';

const MAX_REDIRECTS = 10;

export type AttemptEnd = Exclude<RequestEnd, { kind: 'redirected' }>;

/** Runs one attempt. Rejects only with CannotWriteError. */
export async function attempt(
  asked: Asked,
  context: HttpContext,
  trace: Trace,
  manner: RequestManner,
): Promise<AttemptEnd> {
  let url = new URL(asked.fetchUrl);
  for (let hops = 0; hops <= MAX_REDIRECTS;) {
    const end = await request(url, asked, context, trace, manner);
    if (end.kind === 'again' && !end.madeWay) manner = { ...manner, fresh: true };
    else if (end.kind === 'redirected') {
      url = end.url;
      trace.finalUrl = url.href;
      hops++;
    } else return end;
  }
  return { kind: 'failed', failure: permanentFailure('redirect', `more than ${MAX_REDIRECTS} redirects`) };
}
