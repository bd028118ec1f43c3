// Owns how much the longest tests try: a part of their cases in a plain `npm test`, all of them in CI (CI=true, as .ci/run
// says), and what takes minutes with EDGAR_FETCH_LONG_TESTS=1.

const isLong = process.env['EDGAR_FETCH_LONG_TESTS'] === '1';
const isThorough = isLong || process.env['CI'] === 'true';

/** What of a test is tried here: by default, in CI, or when asked for what takes minutes. */
export function byEffort<T>(usual: T, thorough: T, long: T = thorough): T {
  return isLong ? long : isThorough ? thorough : usual;
}
