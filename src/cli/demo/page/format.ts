// Numbers as the page shows them.

const whole = new Intl.NumberFormat("en");

/** `1,234`. */
export function formatCount(count: number): string {
  return whole.format(count);
}

/** Milliseconds with as many digits as mean something: `0.35`, `4.2`, `120`. */
export function formatMilliseconds(ms: number): string {
  if (ms < 1) return ms.toFixed(2);
  return ms < 10 ? ms.toFixed(1) : whole.format(Math.round(ms));
}

/** `64 B`, `4 KiB`. */
export function formatBytes(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`;
}

/** A measured number of bytes: `999 B`, `4.2 kB`, `120 MB`. */
export function formatSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  for (; size >= 999.5 && unit < UNITS.length - 1; unit++) size /= 1000;
  return `${unit > 0 && size < 9.95 ? size.toFixed(1) : whole.format(Math.round(size))} ${UNITS[unit]}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** The share of the bytes that is left out: `87 %`. */
export function formatSaved(bytes: number, left: number): string {
  return `${Math.floor(100 * (1 - left / bytes))} %`;
}

/** `12 s`, `3 min`, `2 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A measured number with three digits: `0.87`, `12.3`, `1,240`. */
export function formatRate(value: number): string {
  if (value >= 100) return whole.format(Math.round(value));
  return value.toFixed(value < 10 ? 2 : 1);
}
