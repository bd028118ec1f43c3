// Owns a worker thread without a thread: the real worker of src/worker/ and all that is below it, with a simulated wire and a
// virtual clock, over messages that take a moment. It may die at any point, and what it had said be lost.
import { EventEmitter } from 'node:events';
import { CannotWriteError } from '../../src/model/errors.ts';
import type { FromWorker, ToWorker, WorkerSettings } from '../../src/worker/protocol.ts';
import type { SaveSide } from '../../src/worker/batch-runner.ts';
import { DocumentWorker } from '../../src/worker/document-worker.ts';
import { FolderDestination } from '../../src/storage/folder/folder-destination.ts';
import { SimulatedWire } from './simulated-wire.ts';
import type { Random, VirtualClock, World } from './virtual-world.ts';

export interface Surroundings {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly world: World;
  /** Chance that saving a document finds the disk full. */
  readonly fullDisk: number;
  /** Chance that a reply takes the thread down. */
  readonly crash: number;
}

const NEVER = new Promise<never>(() => undefined);

export class SimulatedThread extends EventEmitter {
  readonly #name: string;
  readonly #around: Surroundings;
  readonly #worker: DocumentWorker;
  /** When the main thread granted each permit. */
  readonly #grantedAtMs = new Map<number, number>();
  #toUsAtMs = 0;
  #toThemAtMs = 0;
  #dead = false;
  #lost = false;

  constructor(settings: WorkerSettings, around: Surroundings) {
    super();
    this.#name = settings.name;
    this.#around = around;
    const { clock, random, world } = around;
    const { name: thread, fsync } = settings;
    const isDead = (): boolean => this.#dead;
    const wire = new SimulatedWire({ thread, clock, random, world, isDead, kills: (url) => this.#isKilledBy(url) });
    const folder = new FolderDestination(settings.destination, { thread, fsync });
    this.#worker = new DocumentWorker(settings, {
      clock,
      random: () => random.next(),
      wire,
      destination: this.#onMortalDisk(folder),
      openTemporary: () => folder.openTemporary(),
      post: (message) => this.#post(message),
      cancel: () => wire.cancel(),
      close: () => this.#die(0),
    });
  }

  postMessage(message: ToWorker): void {
    if (message.kind === 'permit') this.#grantedAtMs.set(message.id, this.#around.clock.nowMs());
    this.#toUsAtMs = this.#inOrder(this.#toUsAtMs, () => {
      if (!this.#dead) this.#worker.take(message);
    });
  }

  terminate(): Promise<number> {
    return new Promise((resolve) => {
      if (this.#dead) return resolve(1);
      this.once('exit', () => resolve(1));
      this.#die(1);
    });
  }

  /** Messages take a moment and never overtake each other. */
  #inOrder(lastMs: number, action: () => void): number {
    const { clock, random } = this.#around;
    const atMs = Math.max(lastMs, clock.nowMs() + random.within(0, 3));
    clock.exactly(atMs - clock.nowMs(), action);
    return atMs;
  }

  #post(message: FromWorker): void {
    if (this.#dead) return;
    this.#noteOutages(message);
    this.#toThemAtMs = this.#inOrder(this.#toThemAtMs, () => {
      if (this.#lost) return;
      this.#noteThrottled(message);
      this.emit('message', message);
    });
  }

  #noteOutages({ events }: FromWorker): void {
    for (const event of events) {
      if (event.kind !== 'outage') continue;
      if (event.untilMs === undefined) this.#around.world.outageEnded(this.#name, event.host);
      else this.#around.world.outageBegan(this.#name, event.host);
    }
  }

  #noteThrottled({ events }: FromWorker): void {
    for (const event of events) {
      if (event.kind !== 'request-ended' || event.report.kind !== 'throttled') continue;
      const sentAtMs = this.#grantedAtMs.get(event.id ?? -1) ?? 0;
      this.#around.world.heardThrottled(sentAtMs, event.report.retryAfterMs ?? 0);
    }
  }

  #isKilledBy(url: string): boolean {
    const { world, random, crash } = this.#around;
    if (!this.#dead && (world.fates.get(url)?.kind === 'poison' || random.chance(crash))) this.#die(7);
    return this.#dead;
  }

  #die(code: number): void {
    if (this.#dead) return;
    this.#dead = true;
    if (code !== 0) this.#around.world.crashes++;
    this.#lost = code !== 0 && this.#around.random.chance(0.5);
    this.#toThemAtMs = this.#inOrder(this.#toThemAtMs, () => this.emit('exit', code));
  }

  /** Saving takes its time, may find the disk full, and ends with the thread. */
  #onMortalDisk(folder: FolderDestination): SaveSide {
    const { clock, random } = this.#around;
    const reached = async (): Promise<void> => {
      await new Promise<void>((resolve) => clock.after(random.within(1, 50), resolve));
      if (this.#dead) return NEVER;
      if (random.chance(this.#around.fullDisk)) throw new CannotWriteError('the disk is full (simulated)');
    };
    return {
      save: async (request, body) => {
        await reached();
        return folder.save(request, body);
      },
      refuse: async (request, body) => {
        await reached();
        return folder.refuse(request, body);
      },
      matches: (path, sha256) => folder.matches(path, sha256),
    };
  }
}
