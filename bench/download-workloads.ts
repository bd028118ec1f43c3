// Workloads that move documents: small, large, real, identity, memory, and the SEC's pace.
import type { ServedDocument } from './corpus.ts';
import type { Server } from './server.ts';
import { edgarFetch, writeUrls, type DownloadTask, type Tool } from './tools.ts';
import { findFault } from './verify.ts';
import { exitFault, type Bench, type Contestant, type Workload } from './workload.ts';

const SEC_PACE = 8;
const NO_DOCUMENTS = 'There are no real XBRL documents to repeat (see --corpus).';

function taskFor(bench: Bench, documents: readonly ServedDocument[], origin: string): DownloadTask {
  const { output, scratch } = bench.workspace;
  const certificate = origin.startsWith('https:') ? bench.server.certificate : undefined;
  return { documents, origin, output, scratch, certificate };
}

function contestant(tool: Tool, task: DownloadTask): Contestant {
  return {
    name: tool.name,
    ours: tool.ours,
    command: () => tool.command(task),
    fault: (measurement) => exitFault(measurement) ?? findFault(task.output, task.documents),
  };
}

type Documents = (bench: Bench) => Promise<readonly ServedDocument[] | undefined>;

function download(name: string, title: string, documentsOf: Documents, origin: (server: Server) => string): Workload {
  return {
    name,
    title,
    prepare: async (bench) => {
      const documents = await documentsOf(bench);
      if (documents === undefined) return NO_DOCUMENTS;
      const task = taskFor(bench, documents, origin(bench.server));
      return { contestants: bench.tools.map((tool) => contestant(tool, task)) };
    },
  };
}

/** edgar-fetch alone, on the first so many small documents. */
function ourContestant(bench: Bench, name: string, documents: readonly ServedDocument[], more: string[]): Contestant {
  const task = taskFor(bench, documents, bench.server.gzip);
  return {
    name,
    ours: true,
    command: () => edgarFetch(task, writeUrls(task), ['--no-fsync', ...more]),
    fault: (measurement) => exitFault(measurement) ?? findFault(task.output, documents),
  };
}

const memory: Workload = {
  name: 'memory',
  title: 'memory: small documents, gzip over HTTP, few and many',
  prepare: async (bench) => {
    const ofCount = async (count: number): Promise<Contestant> =>
      ourContestant(bench, `${count.toLocaleString('en')} documents`, await bench.corpora.smallRepeated(count), []);
    const [few, many] = bench.size.memoryDocuments;
    return { contestants: [await ofCount(few), await ofCount(many)], repeats: 'once' };
  },
};

const secPace: Workload = {
  name: 'sec-pace',
  title: `sec-pace: small documents at ${SEC_PACE} requests a second`,
  prepare: async (bench) => {
    const count = bench.size.paceDocuments;
    if (count === 0) return 'Left out at this size: it takes two minutes.';
    const documents = (await bench.corpora.small()).slice(0, count);
    const contestants = [
      ourContestant(bench, `${count.toLocaleString('en')} documents`, documents, ['--rate', String(SEC_PACE)]),
    ];
    return { contestants, repeats: 'once' };
  },
};

const small: Documents = ({ corpora }) => corpora.small();
const large: Documents = ({ corpora }) => corpora.large();
const real: Documents = ({ corpora }) => corpora.real();
const http = (server: Server): string => server.gzip;
const https = (server: Server): string => server.gzipTls;
const identity = (server: Server): string => server.identity;

export const DOWNLOAD_WORKLOADS: readonly Workload[] = [
  download('small-http', 'small: documents of 5-35 KB, gzip over HTTP', small, http),
  download('small-https', 'small: documents of 5-35 KB, gzip over TLS', small, https),
  download('large-http', 'large: documents of 0.5-5 MB, gzip over HTTP', large, http),
  download('large-https', 'large: documents of 0.5-5 MB, gzip over TLS', large, https),
  download('real-http', 'real: the corpus repeated, gzip over HTTP', real, http),
  download('real-https', 'real: the corpus repeated, gzip over TLS', real, https),
  download('identity-small', 'identity: documents of 5-35 KB, not compressed, over HTTP', small, identity),
  download('identity-large', 'identity: documents of 0.5-5 MB, not compressed, over HTTP', large, identity),
];

export const OWN_WORKLOADS: readonly Workload[] = [memory, secPace];
