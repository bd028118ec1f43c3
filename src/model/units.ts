// Owns how numbers, sizes and times are written for people. Pure.

const BYTE_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'];

/** `1,234,567`. */
export function readableCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 document`, `1,234 documents`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${readableCount(count)} ${count === 1 ? one : many}`;
}

/** `999 B`, `1.2 kB`, `12 MB`. */
export function readableBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  // What would be written as 1000 of a unit is 1 of the next.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** How long something took: `80 ms`, `1.5 s`, `30 s`, `12 min 5 s`, `25 h 0 min`. */
export function readableDuration(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 59_500) return `${Number((ms / 1000).toFixed(ms < 9_950 ? 1 : 0))} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A time to come, in the two largest units: `45s`, `7m 12s`, `3h 2m`, `2d 4h`. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** A pace: `0.25`, `7.9`, `1,234`. */
export function readableRate(perSecond: number): string {
  if (perSecond >= 99.5) return readableCount(Math.round(perSecond));
  return perSecond.toFixed(perSecond < 0.995 ? 2 : 1);
}
