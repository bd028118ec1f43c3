// The hostile HTTP server: several listeners (each another host to a downloader), one behaviour per case. It finds the case
// by the folder of the path, counts, and hands over the socket. Beside each case it has control documents, which it answers
// rightly on whatever connection they are asked for, so that what a case leaves on its connection is seen.
import type { Socket } from 'node:net';
import { instanceDocument } from './hostile-cases/documents.ts';
import { whole } from './hostile-cases/replies.ts';
import type { HostileCase } from './hostile-cases/types.ts';
import { startRawServer, type RawAnswer, type RawServer } from './raw-server.ts';

/** Bad cases on one shared listener: with two attempts each, below the 20 failures in a row that mean an outage. */
const BAD_CASES_PER_LISTENER = 6;

export interface HostileServer {
  /** Of the first listener; every case has its own through `urlFor`. */
  readonly origin: string;
  readonly requestsFor: (caseId: string) => number;
  readonly urlFor: (hostileCase: HostileCase) => string;
  /** The control document of this number, on the listener of the case. */
  readonly controlFor: (hostileCase: HostileCase, number: number) => Control;
  /** How many requests for controls of the case came on a connection whose last request was for the case itself. */
  readonly controlsBehind: (caseId: string) => number;
  readonly close: () => Promise<void>;
}

export interface Control {
  readonly url: string;
  readonly body: Buffer;
}

interface Options {
  readonly cases: readonly HostileCase[];
  /** True: a listener, and so a host, of its own for each case. */
  readonly apart?: boolean;
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

const CONTROL = /^\/control\/([^/]+)\/\d+\.xml$/;

const controlPath = (caseId: string, number: number): string => `/control/${caseId}/${number}.xml`;
const controlBody = (path: string): Buffer => instanceDocument(path);

const NO_SUCH_CASE = 'HTTP/1.1 421 No Such Case\r\nContent-Length: 0\r\n\r\n';

const indexByFolder = (cases: readonly HostileCase[]): Map<string, HostileCase> => {
  const byFolder = new Map(cases.map((one) => [folderOf(one.path), one]));
  const ids = new Set(cases.map((one) => one.id));
  if (byFolder.size !== cases.length || ids.size !== cases.length)
    throw new Error('two hostile cases share an id or a folder');
  return byFolder;
};

export const startHostileServer = async ({ cases, apart = false, dripMs = 200 }: Options): Promise<HostileServer> => {
  const byFolder = indexByFolder(cases);
  const counts = new Map<string, number>();
  const behind = new Map<string, number>();
  const lastOn = new WeakMap<Socket, string>();
  const origins = new Map<string, string>();
  const servers: RawServer[] = [];
  const count = (numbers: Map<string, number>, id: string): number => {
    const number = (numbers.get(id) ?? 0) + 1;
    numbers.set(id, number);
    return number;
  };

  const answer: RawAnswer = (socket, request) => {
    const controlled = CONTROL.exec(request.path)?.[1];
    const found = byFolder.get(folderOf(request.path));
    const last = lastOn.get(socket);
    lastOn.set(socket, found?.id ?? '');
    if (controlled !== undefined) {
      if (last === controlled) count(behind, controlled);
      return whole(controlBody(request.path))(socket, { ...request, dripMs }, 1);
    }
    if (found === undefined) return void socket.write(NO_SUCH_CASE);
    return found.serve(socket, { ...request, dripMs }, count(counts, found.id));
  };

  for (const hand of apart ? cases.map((one) => [one]) : dealOut(cases)) {
    const server = await startRawServer({ answer });
    hand.forEach((one) => origins.set(one.id, server.origin));
    servers.push(server);
    if (hand[0]!.listener === 'closed') await server.close();
  }
  const originOf = ({ id }: HostileCase): string => origins.get(id) ?? '';

  return {
    origin: [...origins.values()][0] ?? '',
    requestsFor: (caseId) => counts.get(caseId) ?? 0,
    urlFor: (one) => originOf(one) + one.path,
    controlFor: (one, number) => {
      const path = controlPath(one.id, number);
      return { url: originOf(one) + path, body: controlBody(path) };
    },
    controlsBehind: (caseId) => behind.get(caseId) ?? 0,
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
};
