// The hostile HTTP server: several listeners (each another host to a downloader), one behaviour per case. It finds the case
// by the folder of the path, counts, and hands over the socket.
import type { HostileCase } from './hostile-cases/types.ts';
import { startRawServer, type RawAnswer, type RawServer } from './raw-server.ts';

/** Bad cases on one shared listener: with two attempts each, below the 20 failures in a row that mean an outage. */
const BAD_CASES_PER_LISTENER = 6;

export interface HostileServer {
  /** Of the first listener; every case has its own through `urlFor`. */
  readonly origin: string;
  readonly requestsFor: (caseId: string) => number;
  readonly urlFor: (hostileCase: HostileCase) => string;
  readonly close: () => Promise<void>;
}

interface Options {
  readonly cases: readonly HostileCase[];
  readonly dripMs?: number;
}

/** The part of a path that says which case it belongs to. */
export const folderOf = (path: string): string => {
  const depth = path.startsWith('/Archives/') ? 6 : 3;
  return path.split(/[?#]/, 1)[0]!.split('/').slice(0, depth).join('/');
};

/** Deals the cases out to listeners: spoilers alone, bad ones a few to a listener, good ones in between. */
const dealOut = (cases: readonly HostileCase[]): HostileCase[][] => {
  const alone = cases.filter((one) => one.listener !== 'shared').map((one) => [one]);
  const shared = cases.filter((one) => one.listener === 'shared');
  const bad = shared.filter((one) => one.expect.status === 'failed');
  const others = shared.filter((one) => one.expect.status !== 'failed');
  const count = Math.max(1, Math.ceil(bad.length / BAD_CASES_PER_LISTENER));
  const hands: HostileCase[][] = Array.from({ length: count }, () => []);
  [bad, others].forEach((pile) => pile.forEach((one, index) => hands[index % count]!.push(one)));
  return [...hands, ...alone].filter((hand) => hand.length > 0);
};

const NO_SUCH_CASE = 'HTTP/1.1 421 No Such Case\r\nContent-Length: 0\r\n\r\n';

const indexByFolder = (cases: readonly HostileCase[]): Map<string, HostileCase> => {
  const byFolder = new Map(cases.map((one) => [folderOf(one.path), one]));
  const ids = new Set(cases.map((one) => one.id));
  if (byFolder.size !== cases.length || ids.size !== cases.length)
    throw new Error('two hostile cases share an id or a folder');
  return byFolder;
};

export const startHostileServer = async ({ cases, dripMs = 200 }: Options): Promise<HostileServer> => {
  const byFolder = indexByFolder(cases);
  const counts = new Map<string, number>();
  const origins = new Map<string, string>();
  const servers: RawServer[] = [];

  const answer: RawAnswer = (socket, request) => {
    const found = byFolder.get(folderOf(request.path));
    if (found === undefined) return void socket.write(NO_SUCH_CASE);
    const attempt = (counts.get(found.id) ?? 0) + 1;
    counts.set(found.id, attempt);
    return found.serve(socket, { ...request, dripMs }, attempt);
  };

  for (const hand of dealOut(cases)) {
    const server = await startRawServer({ answer });
    hand.forEach((one) => origins.set(one.id, server.origin));
    servers.push(server);
    if (hand[0]!.listener === 'closed') await server.close();
  }

  return {
    origin: [...origins.values()][0] ?? '',
    requestsFor: (caseId) => counts.get(caseId) ?? 0,
    urlFor: (one) => `${origins.get(one.id) ?? ''}${one.path}`,
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
};
