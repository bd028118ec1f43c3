// Owns how values on the command line and in the environment are read: durations, sizes, numbers, choices. Every mistake is
// one sentence that says what would be right.
import { UsageError } from '../model/errors.ts';
import { shown } from './shown-text.ts';

const MAX_SHOWN = 60;

/** Reads a value of `option`; throws UsageError. */
export type ValueParser<T> = (text: string, option: string) => T;

const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Timers hold 2^31 - 1 ms. */
const MAX_DURATION_MS = 2 ** 31 - 1;

/** Milliseconds of `500ms`, `30s`, `10m`, `6h`, `7d`; as many as a timer holds, or `maxDays`. */
export function duration(minMs: number, maxDays = Math.floor(MAX_DURATION_MS / 86_400_000)): ValueParser<number> {
  return (text, option) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
    const ms = match === null ? NaN : Number(match[1]) * (DURATION_UNITS_MS[match[2] ?? ''] ?? NaN);
    if (Number.isNaN(ms)) throw invalid(option, text, 'give a duration such as 500ms, 30s, 10m or 6h');
    if (ms < minMs)
      throw invalid(option, text, minMs === 1 ? 'give a duration above zero' : `give at least ${minMs}ms`);
    if (ms > maxDays * 86_400_000) throw invalid(option, text, `give at most ${maxDays}d`);
    return Math.round(ms);
  };
}

/** Bytes of `1048576`, `10MB` (10^6) or `1GiB` (2^30). */
export const size: ValueParser<number> = (text, option) => {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = SIZE_UNITS[match?.[2]?.toLowerCase() ?? 'none'];
  const bytes = match === null || unit === undefined ? NaN : Math.floor(Number(match[1]) * unit);
  if (!Number.isSafeInteger(bytes) || bytes < 1)
    throw invalid(option, text, 'give a size such as 500MB, 1GiB or a number of bytes');
  return bytes;
};

export function wholeNumber(min: number, max: number): ValueParser<number> {
  return (text, option) => {
    const value = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) throw invalid(option, text, `give a whole number from ${min} to ${max}`);
    return value;
  };
}

/** Requests a second, fractions allowed, or `none`. */
export const rate: ValueParser<number | 'none'> = (text, option) => {
  if (text.trim() === 'none') return 'none';
  const value = /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text.trim()) ? Number(text) : NaN;
  if (!(value > 0 && value <= 100_000))
    throw invalid(option, text, 'give requests a second, such as 8 or 0.5, or none');
  return value;
};

export function choice<const T extends string>(...allowed: readonly T[]): ValueParser<T> {
  return (text, option) => {
    const found = allowed.find((value) => value === text.trim());
    if (found === undefined)
      throw invalid(option, text, `choose ${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1) ?? ''}`);
    return found;
  };
}

export const text: ValueParser<string> = (value, option) => {
  if (value === '') throw invalid(option, value, 'give a text that is not empty');
  if (/^--[a-z]/.test(value)) throw invalid(option, value, 'that is an option; give a value before it');
  return value;
};

/** A path, which no shell looks at any more. */
export const folder: ValueParser<string> = (value, option) => {
  if (value === '') throw invalid(option, value, 'give the path of a folder');
  if (value.startsWith('~')) throw invalid(option, value, 'no shell expanded the ~; give the whole path, or $HOME');
  if (value.startsWith('=')) throw invalid(option, value, `give -o ${value.slice(1)} or --out=${value.slice(1)}`);
  if (value.startsWith('-'))
    throw invalid(option, value, `that is an option; for a folder of this name give ./${value}`);
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(value)) throw invalid(option, value, 'give the path of a folder, not a URL');
  return value;
};

/** An http or https origin, without path. */
export const origin: ValueParser<string> = (value, option) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const plain =
    url !== undefined &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  if (!plain || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalid(option, value, 'give an origin such as https://mirror.example or http://localhost:8080');
  }
  return url.origin;
};

/** Flags in the environment. */
export const flag: ValueParser<boolean> = (value, option) => {
  switch (value.trim().toLowerCase()) {
    case '1':
    case 'true':
      return true;
    case '0':
    case 'false':
      return false;
    default:
      throw invalid(option, value, 'give 1, true, 0 or false');
  }
};

function invalid(option: string, value: string, advice: string): UsageError {
  return new UsageError(`${option} "${shown(value, MAX_SHOWN)}" is invalid; ${advice}`);
}
