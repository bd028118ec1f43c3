// What HTTP/1.1 does not let anybody exclude, and what edgar-fetch does instead: a part of the published scoreboard.

interface Limit {
  readonly what: string;
  readonly instead: string;
  readonly remains: string;
}

const LIMITS: readonly Limit[] = [
  {
    what: 'A reply carries no mark of its request: only their order on the connection joins them (RFC 9112 9.2)',
    instead:
      'Bytes that come unasked end the connection, and no connection of that origin is used twice afterwards. A reply on a kept connection is believed only when nothing more came until its own answer would have come; else it is asked for again on a new one. The first reply on a connection has nothing before it',
    remains:
      'one wrong document where the answer to it comes far later than that server usually answers (over the smoothed time plus twice its variation, or 0.5 s)',
  },
  {
    what: 'Behind a reply that closes its connection nothing more can come',
    instead: 'It is doubted if it came far earlier than that server answers, and steadily so',
    remains: 'one wrong document, of a stray reply that says `Connection: close` and comes when the answer is due',
  },
  {
    what: 'A server may speak before it is asked: what it says is taken for the first answer on each connection',
    instead:
      'Its real answers come unasked, so no connection of it is used twice; each document is checked like all others',
    remains: 'wrong documents of the right kind, as from any server that lies on purpose',
  },
  {
    what: 'A server may send another whole document of the same kind',
    instead:
      "The SEC's ETag is compared with the MD5 of the bytes, which must come twice alike to be saved against it. A row has the SHA-256 and the root's name",
    remains: 'another document, where the SEC sends no ETag, and from any other host',
  },
  {
    what: 'Without Content-Length and chunking only the end of the connection ends a body, and a cut looks the same (RFC 9112 8)',
    instead:
      'It is accepted only if the document shows its own end: a coding with a checksum, XML, JSON, an archive, a complete submission, a page with one `</html>`',
    remains: 'other texts, indexes, PDFs and pictures from such a server are refused (`truncated`)',
  },
  {
    what: 'A Content-Length that is too small cuts a document in a way that is whole on the wire',
    instead:
      'Where the rest comes right behind, only a document that shows its own end is believed. XML, JSON and archives must show it in any case',
    remains:
      'a text or a page that is cut so is saved as it came, where the rest comes later or not at all, or behind `Connection: close`',
  },
  {
    what: 'A deflate body without its zlib wrapper has no checksum',
    instead: 'It must end where the body ends, and the document is checked like all others',
    remains: 'bits that flipped on the way, under TLS none',
  },
  {
    what: 'What lies between the two ends of a document is not parsed: some genuine EDGAR XML is malformed there',
    instead: "Sections and the tags of the root's name must match; gzip's CRC, TLS and the ETag guard the bytes",
    remains: 'a hole in the middle of a document that was made before it was sent',
  },
];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('</', '&lt;/');

/** Lines of Markdown. */
export const limitLines = (): string[] => [
  '## What nobody can exclude over HTTP/1.1, and what is done instead',
  '',
  '| what | what edgar-fetch does | what remains |',
  '| --- | --- | --- |',
  ...LIMITS.map(({ what, instead, remains }) => `| ${[what, instead, remains].map(cell).join(' | ')} |`),
  '',
];
