// Owns a manifest's index as it is when the file has been read, asked by URL, with the offsets that it keeps to itself.
import { closeSync, existsSync, openSync } from 'node:fs';
import { fingerprintOf } from '../../src/storage/manifest/fingerprint.ts';
import { ManifestIndex, type KnownDocument } from '../../src/storage/manifest/manifest-index.ts';

export type Found = KnownDocument & { readonly rowOffset?: number | undefined };

export class LoadedIndex extends ManifestIndex {
  constructor(path: string) {
    super();
    if (!existsSync(path)) return;
    const descriptor = openSync(path, 'r');
    try {
      this.load(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  of(url: string): Found {
    const number = this.numberOf(fingerprintOf(url));
    const known = this.lookUp(number);
    if (known.kind === 'saved') return { ...known, rowOffset: this.offsetOf(number, 'saved') };
    return known.kind === 'missing' ? { ...known, rowOffset: this.offsetOf(number, 'last') } : known;
  }
}
