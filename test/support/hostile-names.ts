// Owns URLs whose file names are a trap: too long, dots, control characters, encoded separators, device names, collisions.

export const ACCESSION = '000095012310017583';
export const AMENDED = '000095012310099999';

/** A filing of its own for each number, so that in the flat layout names meet and in the other folders do. */
export const filing = (cik: number, name: string, accession = ACCESSION): string =>
  `/Archives/edgar/data/${cik}/${accession}/${name}`;

/** Paths of URLs, and what a file gets for a name in the flat layout where the contract leaves no choice. */
export const HOSTILE_NAMES: readonly (readonly [path: string, flat?: string | RegExp])[] = [
  [filing(1, `${'a'.repeat(251)}.xml`), `${'a'.repeat(251)}.xml`],
  [filing(1, `${'a'.repeat(252)}.xml`), /^a{242}-[0-9a-f]{8}\.xml$/],
  [filing(1, `${'b'.repeat(4000)}1.xml`), /^b{242}-[0-9a-f]{8}\.xml$/],
  [filing(1, `${'b'.repeat(4000)}2.xml`), /^b{242}-[0-9a-f]{8}\.xml$/],
  [filing(1, `${'%C3%A9'.repeat(140)}.xml`), /^é{121}-[0-9a-f]{8}\.xml$/],
  [filing(1, `${'%E6%BC%A2'.repeat(90)}.xml`), /^漢{80}-[0-9a-f]{8}\.xml$/],
  [filing(1, '%F0%9F%93%84'.repeat(70)), /^(?:📄){61}-[0-9a-f]{8}$/u],
  [`/${'d'.repeat(300)}/${'e'.repeat(300)}/f.txt`, 'f.txt'],
  [filing(2, '...'), '...'],
  [filing(2, 'dots.xml.'), 'dots.xml.'],
  [filing(2, '..%2f..%2fescape.xml'), '..%2F..%2Fescape.xml'],
  [filing(2, '%252e%252e'), '%2e%2e'],
  [filing(2, '..%00'), '..%00'],
  ['/%2e%2e/%2e%2e/up.xml', 'up.xml'],
  ['/one/..%2f..%2f/two.xml', 'two.xml'],
  ['/one/%5c..%5c/three.xml', 'three.xml'],
  [filing(2, 'a%00b.xml'), 'a%00b.xml'],
  [filing(2, 'line%0Afeed%0D.xml'), 'line%0Afeed%0D.xml'],
  [filing(2, 'esc%1B%5B31m%7F.xml'), 'esc%1B[31m%7F.xml'],
  [filing(2, 'lmx%E2%80%AEtxt.xml'), 'lmx%E2%80%AEtxt.xml'],
  [filing(2, 'csi%C2%9B.xml'), 'csi%C2%9B.xml'],
  [filing(2, '%2Fetc%2Fpasswd'), '%2Fetc%2Fpasswd'],
  [filing(2, '..%5C..%5Cback.xml'), '..%5C..%5Cback.xml'],
  [filing(2, '%20blank%20.txt'), ' blank .txt'],
  [filing(2, '-o%20StrictHostKeyChecking%3Dno.txt'), '-o StrictHostKeyChecking=no.txt'],
  [filing(2, 'torn%C3.xml'), 'torn%C3.xml'],
  [filing(2, 'percent%zz.xml'), 'percent%zz.xml'],
  [filing(2, 'twice%252Fencoded.xml'), 'twice%2Fencoded.xml'],
  [filing(3, 'CON'), '%43ON'],
  [filing(3, 'nul.xml'), '%6Eul.xml'],
  [filing(3, 'LPT1.txt'), '%4CPT1.txt'],
  [filing(3, 'console.xml'), 'console.xml'],
  ['/aux/prn.d/com1.xml', '%63om1.xml'],
  [filing(4, ''), 'index'],
  ['/', /^index-[0-9a-f]{8}$/],
  ['/folder/', /^index-[0-9a-f]{8}$/],
  [filing(5, '.edgar-fetch'), '%2Eedgar-fetch'],
  ['/own/.EDGAR-FETCH', /^%2EEDGAR-FETCH-[0-9a-f]{8}$/],
  ['/.edgar-fetch/manifest.jsonl', 'manifest.jsonl'],
  ['/.edgar-fetch/lock', 'lock'],
  // Letter-case twins, and one name in two Unicode forms.
  [filing(6, 'Twin.xml'), 'Twin.xml'],
  [filing(6, 'twin.xml'), `${ACCESSION}-twin.xml`],
  [filing(6, 'TWIN.XML'), /^000095012310017583-TWIN-[0-9a-f]{8}\.XML$/],
  [filing(6, 'caf%C3%A9.txt'), 'café.txt'],
  [filing(6, 'cafe%CC%81.txt'), `${ACCESSION}-cafe\u0301.txt`],
  // Original and amendment; and a third whose own name is what the amendment got.
  [filing(7, 'fees.xml'), 'fees.xml'],
  [filing(7, 'fees.xml', AMENDED), `${AMENDED}-fees.xml`],
  [filing(7, `${AMENDED}-fees.xml`), `${ACCESSION}-${AMENDED}-fees.xml`],
  [filing(7, 'fees.xml?view=1'), `${ACCESSION}-fees.xml`],
  [filing(7, 'fees.xml?view=2'), /^000095012310017583-fees-[0-9a-f]{8}\.xml$/],
  // The file of one is the folder of another.
  ['/place', 'place'],
  ['/place/in/it.xml', 'it.xml'],
];
