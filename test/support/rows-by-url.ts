// Owns the question how often each URL has a row.

/** The rows of each URL, in their order. */
export function rowsByUrl<Row extends { readonly url: string }>(rows: readonly Row[]): ReadonlyMap<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.url);
    if (group === undefined) groups.set(row.url, [row]);
    else group.push(row);
  }
  return groups;
}
