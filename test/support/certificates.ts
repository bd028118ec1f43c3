// Makes a throw-away certificate authority and a server certificate signed by it, for tests over TLS. The keys live as
// long as the temporary folder that the caller gives; nothing is read from or added to the machine's own trust store.
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface Certificates {
  /** The authority's certificate as a PEM file: for NODE_EXTRA_CA_CERTS, or to read as a client's `ca`. */
  readonly caPath: string;
  /** The server's, PEM. */
  readonly key: string;
  readonly cert: string;
}

const EDGAR_NAMES = ['www.sec.gov', 'sec.gov', 'data.sec.gov', 'localhost', '127.0.0.1'];
const HOUR_MS = 3_600_000;

/** What is wrong with the server's certificate: valid for an hour up to yesterday, or from tomorrow; signed by itself. */
export type CertificateFault = 'expired' | 'not-yet-valid' | 'self-signed';

/** `names` are DNS names and IP addresses. Valid for a day. Takes some 50 ms; writes `authority.pem` in `directory`. */
export async function makeCertificates(
  directory: string,
  names = EDGAR_NAMES,
  fault?: CertificateFault,
): Promise<Certificates> {
  const validFrom = (ms: number, hours: number): { notBeforeDate: Date; notAfterDate: Date } => ({
    notBeforeDate: new Date(ms),
    notAfterDate: new Date(ms + hours * HOUR_MS),
  });
  const common = { keyType: 'ec', algorithm: 'sha256', ...validFrom(Date.now() - HOUR_MS, 25) } as const;
  const ofServer = {
    expired: validFrom(Date.now() - 25 * HOUR_MS, 1),
    'not-yet-valid': validFrom(Date.now() + 24 * HOUR_MS, 1),
    'self-signed': {},
  } as const;
  const authority = await generate([{ name: 'commonName', value: 'edgar-fetch test authority' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: names[0] ?? 'localhost' }], {
    ...common,
    ...(fault === undefined ? {} : ofServer[fault]),
    ...(fault === 'self-signed' ? {} : { ca: { key: authority.private, cert: authority.cert } }),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
  });
  const caPath = join(directory, 'authority.pem');
  await writeFile(caPath, authority.cert);
  return { caPath, key: server.private, cert: server.cert };
}
