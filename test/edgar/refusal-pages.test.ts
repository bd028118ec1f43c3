// EDGAR's "no" is known by its body; a document that merely quotes such a page, and every genuine one, is not taken for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { looksLikeHtml, recognisePage, refusalSaid, type RefusalPage } from '../../src/edgar/refusal-pages.ts';
import { corpusFiles, corpusSkip } from '../support/corpus.ts';
import { BODY_SHAPES, HTML_SHAPES, TITLE_SHAPES, type PageShape } from '../support/page-shapes.ts';

const RECORDED: Readonly<Record<string, RefusalPage>> = {
  '403-automated-access-2026-RECONSTRUCTED.html': 'automated-access',
  '403-request-rate-threshold-exceeded-2022.html': 'throttle',
  '403-s3-accessdenied-missing-object-1.xml': 'missing',
  '403-s3-accessdenied-missing-object-2.xml': 'missing',
  '403-undeclared-automated-tool-2025.html': 'undeclared-tool',
  '404-s3-nosuchkey-data.sec.gov.xml': 'missing',
  '503-file-unavailable-maintenance-1.html': 'maintenance',
  '503-file-unavailable-maintenance-2.html': 'maintenance',
};

test('each recorded page of refusal is recognised', { skip: corpusSkip }, () => {
  const found = Object.fromEntries(corpusFiles('errors').map(({ name, body }) => [name, recognisePage(body)]));
  assert.deepEqual(found, RECORDED);
});

const ALL_HTML_SHAPES = [...TITLE_SHAPES, ...BODY_SHAPES, ...HTML_SHAPES];

/** A page made anew around the title of the short form no longer says what makes it the short form. */
const meaningIn = (shape: PageShape, page: RefusalPage): RefusalPage =>
  page === 'automated-access' && shape.id.startsWith('heading-') ? 'throttle' : page;

for (const [name, page] of Object.entries(RECORDED)) {
  const shapes = name.endsWith('.html') ? ALL_HTML_SHAPES : BODY_SHAPES;
  test(`${name} means the same in ${shapes.length} other shapes`, { skip: corpusSkip }, () => {
    const { body } = corpusFiles('errors').find((file) => file.name === name)!;
    for (const shape of shapes) {
      assert.equal(recognisePage(shape.reshape(body)), meaningIn(shape, page), shape.name);
      for (const other of BODY_SHAPES.filter(({ id }) => /^(?:utf16|gzip$)/.test(id))) {
        const reshaped = other.reshape(shape.reshape(body));
        if (shape.id !== other.id && !/^(?:utf16|gzip|title-dash-1252)/.test(shape.id))
          assert.equal(recognisePage(reshaped), meaningIn(shape, page), `${shape.name}, and then ${other.name}`);
      }
    }
  });
}

test('only the first 64 KiB are looked at', { skip: corpusSkip }, () => {
  for (const folder of ['errors', 'xbrl', 'index']) {
    for (const { name, body } of corpusFiles(folder)) {
      assert.equal(recognisePage(body.subarray(0, 64 * 1024)), recognisePage(body), name);
    }
  }
});

test('no genuine document is taken for a refusal because it came as UTF-16 or as gzip', { skip: corpusSkip }, () => {
  for (const { name, body } of [...corpusFiles('xbrl'), ...corpusFiles('index')]) {
    for (const { id, reshape } of BODY_SHAPES) {
      assert.equal(recognisePage(reshape(body.subarray(0, 64 * 1024))), undefined, `${name}, ${id}`);
    }
  }
});

test('no instance and no index file of the corpus is taken for a refusal', { skip: corpusSkip }, () => {
  for (const folder of ['xbrl', 'index']) {
    for (const { name, body } of corpusFiles(folder)) {
      assert.equal(recognisePage(body), undefined, name);
      assert.equal(recognisePage(body.subarray(0, 65 * 1024)), undefined, `the beginning of ${name}`);
      assert.equal(recognisePage(body.subarray(0, 8 * 1024)), undefined, `the first 8 KiB of ${name}`);
    }
  }
});

test('no genuine XML document is taken for HTML', { skip: corpusSkip }, () => {
  for (const { name, body } of [...corpusFiles('xbrl'), ...corpusFiles('index')]) {
    if (name.endsWith('.xml')) assert.equal(looksLikeHtml(body.toString('latin1', 0, 8192)), false, name);
  }
});

const S3 = (code: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`;
const html = (title: string, body = ''): string =>
  `<html><head><title>${title}</title></head><body>${body}</body></html>`;

/** EDGAR's page on "too fast", as recorded, shortened. */
const THROTTLE = `<!DOCTYPE html>
<html><head><meta charset="utf-8" /><title>SEC.gov | Request Rate Threshold Exceeded</title></head>
<body><div id="header">U.S. Securities and Exchange Commission</div>
<h1>You’ve Exceeded the SEC’s Traffic Limit</h1><p>Your request rate has exceeded the maximum.</p></body></html>
`;

for (const { id, name, reshape } of ALL_HTML_SHAPES) {
  test(`the throttle page is known by ${name} (${id})`, () => {
    assert.equal(recognisePage(reshape(Buffer.from(THROTTLE))), 'throttle');
  });
}

for (const { id, name, reshape } of BODY_SHAPES) {
  test(`S3's error is known by ${name} (${id})`, () => {
    assert.equal(recognisePage(reshape(Buffer.from(S3('NoSuchKey')))), 'missing');
    assert.equal(recognisePage(reshape(Buffer.from(S3('SlowDown')))), 'storage-error');
  });
}

const PAGES: readonly (readonly [string, string, RefusalPage])[] = [
  ['S3 in small letters', '<error><code>AccessDenied</code></error>', 'missing'],
  ['S3 in capitals', '<ERROR><CODE>NOSUCHKEY</CODE></ERROR>', 'missing'],
  [
    'S3 with a prefix, comments and CDATA behind a doctype',
    '<?xml version="1.0"?>\n<!DOCTYPE a:Error [ <!ENTITY b ">"> ]>\n<!-- c --><a:error xmlns:a="urn:s3">' +
      '<!-- <a:Code>SlowDown</a:Code> --><a:Message>no</a:Message><a:code >\n<!-- d --><![CDATA[AccessDenied]]> </a:code></a:error>',
    'missing',
  ],
  [
    'the heading of the throttle page under the name of the site',
    html('SEC.gov', '<div>U.S. Securities</div><h1>You&rsquo;ve <b>Exceeded</b><br>the SEC&#8217;s Traffic Limit</h1>'),
    'throttle',
  ],
  [
    'the heading of the short form under the title of a server',
    html('Error 403', "<h1>Automated access to our sites must comply with SEC.gov's Privacy and Security Policy.</h1>"),
    'automated-access',
  ],
  [
    'the heading of the maintenance page alone',
    '<html><body><h1>This page is temporarily unavailable.</h1></body></html>',
    'maintenance',
  ],
  ['a page without its end', html('SEC.gov | Request Rate Threshold Exceeded').slice(0, 60), 'throttle'],
  [
    'a page behind some text, without its end',
    `proxy\n${html('SEC.gov | File Unavailable').slice(0, 70)}`,
    'maintenance',
  ],
  [
    'a reworded page with the advice of the old one',
    html('SEC.gov | Access', `<p>No.</p><p>Please declare&nbsp;your traffic by updating your user agent.</p>`),
    'undeclared-tool',
  ],

  ['S3 AccessDenied', S3('AccessDenied'), 'missing'],
  ['S3 NoSuchKey without a declaration', '<Error><Code>NoSuchKey</Code></Error>', 'missing'],
  ['S3 NoSuchKey behind a byte order mark', `\ufeff${S3('NoSuchKey')}`, 'missing'],
  ['S3 SlowDown', S3('SlowDown'), 'storage-error'],
  ['S3 InternalError', S3('InternalError'), 'storage-error'],
  ['the throttle page in small letters', html('sec.gov | request rate threshold exceeded', 'exceeded'), 'throttle'],
  ['the throttle title alone', html('Request Rate Threshold Exceeded'), 'throttle'],
  [
    'the throttle title, declare your traffic',
    html('SEC.gov | Request Rate Threshold Exceeded', 'Please declare your traffic'),
    'undeclared-tool',
  ],
  [
    'an undeclared tool',
    html('SEC.gov | Your Request Originates from an Undeclared Automated Tool'),
    'undeclared-tool',
  ],
  ['File Not Found', html('SEC.gov | File Not Found Error Alert (404)'), 'missing'],
  ['Page Not Found', html('SEC.gov | Page Not Found'), 'missing'],
  ['File Unavailable', html('SEC.gov | File Unavailable'), 'maintenance'],
  [
    'a title before the doctype',
    `<title>SEC.gov | File Unavailable</title>\n<!DOCTYPE html><html></html>`,
    'maintenance',
  ],
  ['a title in capitals', `<HTML><HEAD><TITLE>SEC.gov | File Not Found</TITLE></HEAD></HTML>`, 'missing'],
];

for (const [name, body, page] of PAGES) {
  test(`${name} is a page of the kind ${page}`, () => assert.equal(recognisePage(Buffer.from(body)), page));
}

/** What the refusal page advises; a longer page of sec.gov's for developers may well say the same. */
const ADVICE = 'Please declare your traffic by updating your user agent to include company specific information.';

const GENUINE: readonly (readonly [string, string])[] = [
  ['an empty body', ''],
  [
    'an instance that quotes the throttle page',
    `<?xml version="1.0"?><xbrl><!-- ${html('SEC.gov | Request Rate Threshold Exceeded')} --></xbrl>`,
  ],
  ['an instance that quotes S3', `<xbrl><Error><Code>AccessDenied</Code></Error></xbrl>`],
  ['an instance behind a comment that quotes S3', `<!-- ${S3('NoSuchKey')} --><xbrl/>`],
  [
    'a filing whose text quotes a refusal',
    html('10-K', '<h1>SEC.gov | Request Rate Threshold Exceeded</h1> Undeclared Automated Tool'),
  ],
  ['a filing whose title mentions the throttle page', html('On the "Request Rate Threshold Exceeded" page')],
  ['a submission in text that quotes a page', `<SEC-DOCUMENT>a.txt\n${html('SEC.gov | File Unavailable')}`],
  ['an XBRL document with an Error element inside', '<Errors><Error><Code>AccessDenied</Code></Error></Errors>'],
  ['a filing named "File maintenance"', html('Acme | File maintenance')],
  ['JSON that quotes a page', JSON.stringify({ page: html('SEC.gov | File Not Found') })],
  ['a page of sec.gov on maintenance fees', html('SEC.gov | Maintenance of Books and Records', 'A rule of ours.')],
  [
    "the SEC's own advice for developers",
    html('SEC.gov | Webmaster Frequently Asked Questions', `${'<p>About feeds.</p>'.repeat(1500)}<p>${ADVICE}</p>`),
  ],
];

const SUBMISSION = (page: string): string =>
  `<SEC-DOCUMENT>0001000045-26-000001.txt : 20260331\n<SEC-HEADER>\n</SEC-HEADER>\n<DOCUMENT>\n<TYPE>8-K\n<TEXT>\n${page}</TEXT>\n`;

const PEM = [
  '-----BEGIN PRIVACY-ENHANCED MESSAGE-----',
  'Proc-Type: 2001,MIC-CLEAR',
  'Originator-Name: webmaster@www.sec.gov',
  'MIC-Info: RSA-MD5,RSA,',
  ' Q8KhiSVHsGKPbmTlN5XWtMYOdSXkjYR9RBk0BJtJ0C8KQpkSJKmyYYmVVGSxlLFW',
  '',
  '',
].join('\n');

const GENUINE_QUOTES: readonly (readonly [string, string])[] = [
  ['a complete submission that holds the page', SUBMISSION(THROTTLE)],
  ['a complete submission of 1999 that holds the page', `${PEM}${SUBMISSION(THROTTLE)}`],
  ['a document behind its SGML header', `<DOCUMENT>\n<TYPE>EX-99\n<TEXT>\n${THROTTLE}</TEXT>\n</DOCUMENT>\n`],
  ['a text that quotes the page and goes on', `We were told:\n\n${THROTTLE}\nand slowed down.\n`],
  ['a long text that ends with the page', `${'This is a report on a crawler of ours. '.repeat(20)}\n${THROTTLE}`],
  ['a text that quotes the title', 'SEC.gov | Request Rate Threshold Exceeded is what our crawler was told.'],
  ['an .htm named "SEC.gov filing guide"', html('SEC.gov filing guide', '<p>Please declare your traffic.</p>')],
  [
    'an .htm that quotes the phrase in a later heading',
    html('8-K', `<h2>Report</h2><h2>SEC.gov | File Not Found</h2>`),
  ],
  [
    'an .htm without a title that quotes the phrase far below',
    `<html><body>${'<p>A line of the report.</p>'.repeat(60)}<h2>Request Rate Threshold Exceeded</h2></body></html>`,
  ],
  [
    'an .htm without a title that quotes the phrase in its second heading',
    '<html><body><h1>Report</h1><h2>Request Rate Threshold Exceeded</h2></body></html>',
  ],
  [
    'an .htm with an empty title that begins with the phrase',
    '<html><head><title/></head><body><p>Request Rate Threshold Exceeded was the answer.</p></body></html>',
  ],
  ['an .htm that quotes the page in a comment', `<html><!-- ${THROTTLE} --><head><title>10-K</title></head></html>`],
  [
    'an .htm that quotes the page in a script',
    `<html><script>x = '${html('SEC.gov | File Unavailable')}'</script><title>10-K</title>`,
  ],
  ['a picture', '\u00ff\u00d8\u00ff\u00e0\0\u0010JFIF\0<html><title>File Not Found</title>'],
  ['JSON in a list', JSON.stringify([THROTTLE])],
  ['JSON that is the page', JSON.stringify(THROTTLE)],
  ['XML that holds the page', `<?xml version="1.0"?>\n<quote><![CDATA[${THROTTLE}]]></quote>`],
  [
    'an instance behind 40 lines of comment',
    `${'    <!-- Field: Doc-Info; Name: Source -->\n'.repeat(40)}<xbrl></xbrl>`,
  ],
];

for (const [name, body] of [...GENUINE, ...GENUINE_QUOTES]) {
  test(`${name} is no page of refusal, in any shape`, () => {
    assert.equal(recognisePage(Buffer.from(body)), undefined);
    for (const { id, reshape } of BODY_SHAPES) assert.equal(recognisePage(reshape(Buffer.from(body))), undefined, id);
  });
}

const HTML_BEGINNINGS: readonly string[] = [
  '<html>',
  '\ufeff<HTML lang="en">',
  '\u00ef\u00bb\u00bf \r\n<!-- a --><!-- b -->\t<body>',
  '<!-- a > b --><?xml version="1.0"?><!doctype HTML SYSTEM "about:legacy-compat"><x>',
  '<?xml version="1.0"?><?php?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x" [ <!ENTITY a "> ]"> ]>',
  '<h1>Server Error</h1>',
  '<script src="a.js"></script>',
  '<!--><p>Sorry</p>',
  '<xhtml:html xmlns:xhtml="http://www.w3.org/1999/xhtml">',
  Buffer.from('\ufeff<html><body>', 'utf16le').toString('latin1'),
  Buffer.from('<html><body>', 'utf16le').swap16().toString('latin1'),
];

const OTHER_BEGINNINGS: readonly string[] = [
  '',
  '   ',
  '<',
  '<>',
  '< html>',
  'html',
  'See <html>',
  '<htmlx>',
  '<!-- <html>',
  '<!-- <html> --><xbrl>',
  '<!DOCTYPE xbrl [ <!ENTITY a "<html>"> ]><xbrl>',
  '<?xml <html> ?><xbrl>',
  '<Header>',
  '{"a":"<html>"}',
  '</html>',
  '<link:linkbase>',
];

test('what begins as an HTML page or a piece of one looks like HTML, and nothing else does', () => {
  for (const text of HTML_BEGINNINGS) assert.equal(looksLikeHtml(text), true, text);
  for (const text of OTHER_BEGINNINGS) assert.equal(looksLikeHtml(text), false, text);
});

const SAID: readonly (readonly [string, Buffer | string, RefusalPage | 'unrecognised' | undefined])[] = [
  ['nothing', '', undefined],
  ['blanks', ' \r\n', undefined],
  ['a word', 'Forbidden\n', undefined],
  ['JSON about something else', '{"message":"Missing Authentication Token"}', undefined],
  ['XML about something else', '<?xml version="1.0"?><fault>denied</fault>', undefined],
  ['the title of the throttle page as text', 'Request Rate Threshold Exceeded.', 'throttle'],
  ['its heading as JSON', '{"error":"You\u2019ve exceeded the SEC\u2019s traffic limit"}', 'throttle'],
  ['advice about the User-Agent as text', 'Please declare your traffic.', 'undeclared-tool'],
  ['the short form as text', 'Automated access to our sites must comply with our policy.', 'automated-access'],
  ['other words on a rate', '{"message":"Too Many Requests"}', 'unrecognised'],
  ['HTML of another wording', html('Stop', 'We have seen too much of you.'), 'unrecognised'],
  ['HTML of another title with the old advice', html('Stop', 'Please declare your traffic.'), 'undeclared-tool'],
  ['HTML of another wording as UTF-16', Buffer.from(html('Stop'), 'utf16le'), 'unrecognised'],
  ['HTML of another wording as gzip', gzipSync(html('Stop')), 'unrecognised'],
  ['a word as gzip', gzipSync('Forbidden'), undefined],
  ['broken gzip', Buffer.concat([gzipSync('').subarray(0, 10), Buffer.alloc(90, 0xff)]), 'unrecognised'],
  ['bytes that are no text', Buffer.from([0x8b, 0x03, 0x80, 0x01, 0x02]), 'unrecognised'],
];

for (const [name, body, said] of SAID) {
  test(`a body of ${name} says ${said ?? 'nothing about us'}`, () => {
    assert.equal(refusalSaid(Buffer.from(body)), said);
  });
}
