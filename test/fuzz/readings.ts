// Owns all that spoiled replies can be read to say, by any reader in its right mind: the body may begin behind any empty line,
// have the length that some number in the head says, be chunked or go to the end, and be under any coding. A file that is none of
// these was made of bytes of another reply, or of a part that nobody announced. Pure.
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

const MAX_HEAD_BYTES = 300_000;

export function readings(replies: readonly Buffer[]): Buffer[] {
  return replies.flatMap((reply) => bodiesOf(reply).flatMap(decodings));
}

function bodiesOf(reply: Buffer): Buffer[] {
  const text = reply.toString('latin1', 0, MAX_HEAD_BYTES);
  const starts = [...text.matchAll(/\r?\n\r?\n/g)].slice(0, 50).map((found) => found.index + found[0].length);
  return starts.flatMap((start) => {
    const rest = reply.subarray(start);
    const lengths = [...text.slice(0, start).matchAll(/\d{1,9}/g)].slice(0, 500).map(([digits]) => Number(digits));
    return [
      rest,
      ...[...new Set(lengths)].filter((length) => length < rest.length).map((length) => rest.subarray(0, length)),
      ...unchunked(rest),
    ];
  });
}

/** The data of the chunks up to the last one; nothing if they are broken. */
function unchunked(bytes: Buffer): Buffer[] {
  const data: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = lineEnd < 0 ? NaN : parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) return [];
    if (size === 0) return [Buffer.concat(data)];
    data.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

function decodings(body: Buffer): Buffer[] {
  const decoders = [(bytes: Buffer) => bytes, gunzipSync, inflateSync, inflateRawSync];
  return decoders.flatMap((decode) => {
    try {
      return [decode(body)];
    } catch {
      return [];
    }
  });
}
