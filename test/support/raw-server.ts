// Owns servers on raw sockets: request heads in, pipelined or kept alive, behaviours out, strictly in turn on each
// connection. What a behaviour writes is what goes over the wire. It survives whatever a client does: resets, half requests,
// going away in the middle. With a certificate it speaks TLS, and can still reset the connection below it.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Which connection of the server carries it, from 1. */
  readonly connection: number;
  /** How many requests this connection has carried, this one included. */
  readonly requestsOnConnection: number;
  /** Where this server listens. */
  readonly origin: string;
}

export type RawAnswer = (socket: Socket, request: RawRequest) => void | Promise<void>;

export interface RawServer {
  /** `http://127.0.0.1:<port>`, or `https://`. */
  readonly origin: string;
  close(): Promise<void>;
}

export interface RawServerOptions {
  readonly answer: RawAnswer;
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/** Listens on a free port of 127.0.0.1. The caller closes it. */
export async function startRawServer({ answer, tls }: RawServerOptions): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ noDelay: true }, (plain) => {
    sockets.add(plain);
    plain.on('close', () => sockets.delete(plain));
    plain.on('error', () => plain.destroy());
    connections += 1;
    new Connection(tls === undefined ? plain : overTls(plain, tls), connections, origin, answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return {
    origin,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}

function overTls(plain: Socket, tls: { readonly key: string; readonly cert: string }): Socket {
  const socket = new TLSSocket(plain, { isServer: true, ...tls });
  socket.resetAndDestroy = () => {
    plain.resetAndDestroy();
    return socket.destroy();
  };
  return socket;
}

class Connection {
  private received = '';
  private requests = 0;
  private busy = false;
  private readonly socket: Socket;
  private readonly number: number;
  private readonly origin: string;
  private readonly answer: RawAnswer;

  constructor(socket: Socket, number: number, origin: string, answer: RawAnswer) {
    this.socket = socket;
    this.number = number;
    this.origin = origin;
    this.answer = answer;
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
      await this.serveOne(this.parseHead(text));
    }
    this.busy = false;
  }

  private async serveOne(request: RawRequest): Promise<void> {
    try {
      await this.answer(this.socket, request);
    } catch {
      this.socket.destroy();
    }
  }

  private endOfHead(): number {
    return this.socket.writable ? this.received.indexOf('\r\n\r\n') : -1;
  }

  private parseHead(text: string): RawRequest {
    const [requestLine = '', ...lines] = text.split('\r\n');
    const [method = '', path = ''] = requestLine.split(' ');
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const { number: connection, requests: requestsOnConnection, origin } = this;
    return { method, path, headers, connection, requestsOnConnection, origin };
  }
}
