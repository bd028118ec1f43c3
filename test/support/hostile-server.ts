// The hostile HTTP server: raw sockets, several listeners (each another host to a downloader), one behaviour per case.
// It reads request heads, pipelined or kept alive, finds the case by the folder of the path, counts, and hands over the
// socket. It survives whatever a client does: resets, half requests, going away in the middle.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { HostileCase, RequestHead } from './hostile-cases/types.ts';

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

const parseHead = (text: string, socket: Socket, requestsOnConnection: number, dripMs: number): RequestHead => {
  const [requestLine = '', ...lines] = text.split('\r\n');
  const [method = '', path = ''] = requestLine.split(' ');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { method, path, headers, requestsOnConnection, origin: `http://127.0.0.1:${socket.localPort ?? 0}`, dripMs };
};

const NO_SUCH_CASE = 'HTTP/1.1 421 No Such Case\r\nContent-Length: 0\r\n\r\n';

/** One connection: heads in, behaviours out, strictly in turn. */
class Connection {
  private received = '';
  private requests = 0;
  private busy = false;
  private readonly socket: Socket;
  private readonly answer: (socket: Socket, request: RequestHead) => void | Promise<void>;
  private readonly dripMs: number;

  constructor(socket: Socket, dripMs: number, answer: Connection['answer']) {
    this.socket = socket;
    this.dripMs = dripMs;
    this.answer = answer;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1');
      void this.serveAll();
    });
  }

  private async serveAll(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (let end = this.endOfHead(); end >= 0; end = this.endOfHead()) {
      const text = this.received.slice(0, end);
      this.received = this.received.slice(end + 4);
      this.requests += 1;
      await this.serveOne(parseHead(text, this.socket, this.requests, this.dripMs));
    }
    this.busy = false;
  }

  private async serveOne(request: RequestHead): Promise<void> {
    try {
      await this.answer(this.socket, request);
    } catch {
      this.socket.destroy();
    }
  }

  private endOfHead(): number {
    return this.socket.writable ? this.received.indexOf('\r\n\r\n') : -1;
  }
}

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const stop = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

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
  const servers: Server[] = [];
  const unused: Server[] = [];
  const sockets = new Set<Socket>();

  const answer = (socket: Socket, request: RequestHead): void | Promise<void> => {
    const found = byFolder.get(folderOf(request.path));
    if (found === undefined) return void socket.write(NO_SUCH_CASE);
    const attempt = (counts.get(found.id) ?? 0) + 1;
    counts.set(found.id, attempt);
    return found.serve(socket, request, attempt);
  };

  for (const hand of dealOut(cases)) {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      new Connection(socket, dripMs, answer);
    });
    const origin = await listen(server);
    hand.forEach((one) => origins.set(one.id, origin));
    (hand[0]!.listener === 'closed' ? unused : servers).push(server);
  }
  await Promise.all(unused.map(stop));

  return {
    origin: [...origins.values()][0] ?? '',
    requestsFor: (caseId) => counts.get(caseId) ?? 0,
    urlFor: (one) => `${origins.get(one.id) ?? ''}${one.path}`,
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await Promise.all(servers.map(stop));
    },
  };
};
