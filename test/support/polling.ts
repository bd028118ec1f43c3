// Owns waiting for a condition in a test: it polls, and says what it waited for when the (generous) limit is over.

const POLL_MS = 5;

/** Resolves when `condition` holds; rejects after `limitMs` with a sentence that names `what`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
