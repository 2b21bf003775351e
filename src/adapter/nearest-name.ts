// Finds the name that a misspelt one was meant to be.

/** The beginning of a name that is enough to know it. */
const MIN_BEGINNING = 4;

/**
 * The name that is nearest to a misspelt one.
 * @param known - names, of which those in a group have its name and a dot in front
 * @returns undefined if none is near
 */
export function nearestName(misspelt: string, known: readonly string[]): string | undefined {
  const wanted = misspelt.toLowerCase();
  let nearest: string | undefined;
  let least = Math.floor(wanted.length / 3) + 1;
  for (const name of known) {
    const inner = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
    const begins = wanted.length >= MIN_BEGINNING && inner.startsWith(wanted);
    const distance = begins ? 0.5 : edits(wanted, inner);
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest;
}

/** The number of characters to insert, delete or replace in one text to get the other. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
