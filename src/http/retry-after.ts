// Owns what Retry-After asks for (RFC 9110 10.2.3): seconds, or a date in one of the three forms of RFC 9110 5.6.7. Anything else
// asks for nothing: V8 would take "2.5" or "-5" for days of the year 2001, and a date without a zone for local time.
import type { ReplyHead } from './reply-head.ts';

/** Longer waits are all the same to us (RFC 9111 1.2.2 caps seconds that no integer holds in this way). */
const MOST_SECONDS = 2 ** 31;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sun, 06 Nov 1994 08:49:37 GMT`, and with a year of two digits `Sunday, 06-Nov-94 08:49:37 GMT`. */
const DATE_BEFORE_TIME = /^[A-Z][a-z]{2,8}, (\d\d)[ -]([A-Z][a-z]{2})[ -](\d{4}|\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
/** `Sun Nov  6 08:49:37 1994`, which is UTC. */
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/** Milliseconds that Retry-After asks for, the longest if it came several times; undefined if absent or unreadable. */
export function retryAfterMs(head: ReplyHead, nowMs: number): number | undefined {
  const field = head.fields['retry-after'];
  if (field === undefined) return undefined;
  const waits = (Array.isArray(field) ? field : seconds(field)).flatMap((text) => waitOf(text.trim(), nowMs) ?? []);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** An intermediary may have joined several into one (RFC 9110 5.3). */
function seconds(field: string): string[] {
  return /^[\d, ]{1,200}$/.test(field) ? field.split(',') : [field];
}

function waitOf(text: string, nowMs: number): number | undefined {
  if (/^\d{1,100}$/.test(text)) return Math.min(Number(text), MOST_SECONDS) * 1000;
  const dateMs = text.length > 40 ? undefined : dateOf(text, nowMs);
  return dateMs === undefined ? undefined : Math.max(0, dateMs - nowMs);
}

function dateOf(text: string, nowMs: number): number | undefined {
  const [, day, month, year, hour, minute, second] = DATE_BEFORE_TIME.exec(text) ?? [];
  if (day !== undefined) return utc(fullYear(Number(year), nowMs), month, day, [hour, minute, second]);
  const [, ascMonth, ascDay, ascHour, ascMinute, ascSecond, ascYear] = ASCTIME.exec(text) ?? [];
  return ascDay === undefined ? undefined : utc(Number(ascYear), ascMonth, ascDay, [ascHour, ascMinute, ascSecond]);
}

/** RFC 9110 5.6.7: two digits that seem to lie more than 50 years ahead are of the past. */
function fullYear(year: number, nowMs: number): number {
  if (year >= 100) return year;
  const thisYear = new Date(nowMs).getUTCFullYear();
  const sameCentury = thisYear - (thisYear % 100) + year;
  return sameCentury > thisYear + 50 ? sameCentury - 100 : sameCentury;
}

/** Undefined for a day or a time that does not exist (a leap second does). */
function utc(
  year: number,
  month: string | undefined,
  day: string,
  [hour, minute, second]: readonly (string | undefined)[],
): number | undefined {
  const monthIndex = MONTHS.indexOf(month ?? '');
  const date = Date.UTC(year, monthIndex, Number(day));
  const exists = monthIndex >= 0 && new Date(date).getUTCDate() === Number(day);
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60;
  return exists && isTime ? date + seconds * 1000 : undefined;
}
