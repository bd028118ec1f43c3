// Owns the progress bar on a terminal (cli-progress, loaded only there). Lines that are written meanwhile go above it.
import type { MultiBar, SingleBar } from 'cli-progress';

export interface Progress {
  update(settled: number, note: string): void;
  /** Writes finished text above the bar. */
  write(text: string): void;
  stop(): void;
}

/** Starts a bar; `total` is undefined while the number of lines is unknown. */
export async function startProgress(total: number | undefined, stream: NodeJS.WriteStream): Promise<Progress> {
  const { default: progress } = await import('cli-progress');
  const counted = total === undefined ? '{value} settled' : '[{bar}] {value}/{total}';
  const bars: MultiBar = new progress.MultiBar(
    {
      stream,
      format: ` ${counted}  {duration_formatted}  {note}`,
      hideCursor: true,
      clearOnComplete: true,
      fps: 8,
      linewrap: false,
    },
    progress.Presets.legacy,
  );
  const bar: SingleBar = bars.create(total ?? 0, 0, { note: '' });
  return {
    update: (settled, note) => bar.update(settled, { note }),
    write: (text) => bars.log(`\x1b[?7h${text}\x1b[?7l`),
    stop: () => {
      bars.update();
      bars.stop();
    },
  };
}
