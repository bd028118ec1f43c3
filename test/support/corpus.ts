// Owns the real documents of ../shared/corpus, which exist on the developers' machines and in CI only. Tests on them say
// that they are skipped where the corpus is absent.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CORPUS = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url));

export const corpusSkip = existsSync(CORPUS) ? false : 'the corpus (../shared/corpus) is not on this machine';

export interface CorpusFile {
  /** Relative to the corpus, as `xbrl/jpm-20090630.xml`. */
  readonly path: string;
  readonly name: string;
  readonly sha256: string;
  readonly body: Buffer;
}

/** The files of the corpus below a folder (`xbrl`, `index`, `errors`), with the hash that its manifest gives. */
export function corpusFiles(folder: string): CorpusFile[] {
  const [, ...lines] = readFileSync(`${CORPUS}MANIFEST.tsv`, 'utf8').trim().split('\n');
  return lines
    .map((line) => line.split('\t'))
    .filter(([path]) => path?.startsWith(`${folder}/`))
    .map(([path = '', , sha256 = '']) => ({
      path,
      name: path.slice(path.lastIndexOf('/') + 1),
      sha256,
      body: readFileSync(CORPUS + path),
    }));
}
