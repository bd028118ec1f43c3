// Owns the wire of a simulated thread: it carries what the world answers, takes its time, and can be cut.
import type { ReplyReceiver } from '../../src/http/exchange.ts';
import type { Wire, WireEnd, WireRequest } from '../../src/http/wire.ts';
import { hostKeyOf } from '../../src/edgar/fair-access.ts';
import type { WholeReply, WireReply } from './simulated-replies.ts';
import type { Random, VirtualClock, World } from './virtual-world.ts';

const LIMIT_MS = { connect: 10_000, idle: 30_000 } as const;

export interface WireOptions {
  readonly thread: string;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly world: World;
  readonly isDead: () => boolean;
  /** Called when the reply begins: true if the thread is dead, or dies of it. Then nothing comes of it. */
  readonly kills: (url: string) => boolean;
}

const NEVER = new Promise<never>(() => undefined);

export class SimulatedWire implements Wire {
  readonly #options: WireOptions;
  readonly #cuts = new Set<() => void>();
  #cancelled = false;

  constructor(options: WireOptions) {
    this.#options = options;
  }

  async send(request: WireRequest, receiver: ReplyReceiver): Promise<WireEnd> {
    const { clock, random, world, thread, isDead, kills } = this.#options;
    const url = request.url.href;
    const host = hostKeyOf(request.url);
    const sent = { url, host, thread, atMs: clock.nowMs(), fresh: request.fresh };
    world.started(url, host);
    await this.#wait(random.chance(0.05) ? random.within(1_000, 20_000) : random.within(20, 600));
    if (kills(url)) return NEVER;
    const answer = world.answer(sent);
    const { reply } = answer;
    if (reply.kind === 'silence') await this.#wait(LIMIT_MS[reply.limit]);
    if (isDead()) return NEVER;
    if (this.#cancelled) return { kind: 'cancelled' };
    world.arrived(sent, answer.sign);
    return this.#deliver(reply, receiver);
  }

  /** Ends what is in flight; what is sent afterwards ends at once. */
  cancel(): void {
    this.#cancelled = true;
    for (const cut of this.#cuts) cut();
  }

  #deliver(reply: WireReply, receiver: ReplyReceiver): WireEnd {
    if (reply.kind === 'silence') return { kind: 'timed-out', limit: reply.limit, wireBytes: 0 };
    if (reply.kind === 'reply') return this.#whole(reply, receiver);
    const { after } = reply;
    const wireBytes = after === undefined ? 0 : (this.#whole(after, receiver), after.body.length);
    const error = new Error('the connection was reset');
    return { kind: 'broken', error, wireBytes, silent: after === undefined, reused: reply.reused === true };
  }

  #whole({ status, fields, body, listening, isFollowed = false }: WholeReply, receiver: ReplyReceiver): WireEnd {
    const head = { status, fields };
    const wireBytes = body.length;
    if (!receiver.onHead(head)) return { kind: 'abandoned', head, wireBytes: 0 };
    // In two pieces, as the network likes it.
    const middle = this.#options.random.within(0, wireBytes);
    for (const piece of [body.subarray(0, middle), body.subarray(middle)]) {
      if (piece.length > 0 && !receiver.onData(piece)) return { kind: 'abandoned', head, wireBytes };
    }
    if (listening === undefined) return { kind: 'complete', head, wireBytes, isFollowed, listening };
    const { isOwn, delayMs } = listening;
    const heard = delayMs === 0 ? Promise.resolve(isOwn) : this.#after(delayMs, isOwn);
    return {
      kind: 'complete',
      head,
      wireBytes,
      isFollowed: false,
      listening: { isOwn: heard, takesTime: delayMs > 0 },
    };
  }

  #after<T>(delayMs: number, value: T): Promise<T> {
    return new Promise((resolve) => this.#options.clock.after(delayMs, () => resolve(value)));
  }

  /** Until then, or until it is cut. */
  #wait(delayMs: number): Promise<void> {
    if (this.#cancelled) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        callOff();
        this.#cuts.delete(end);
        resolve();
      };
      const callOff = this.#options.clock.after(delayMs, end);
      this.#cuts.add(end);
    });
  }
}
