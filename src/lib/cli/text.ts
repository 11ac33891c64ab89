import {plural} from '../plural.js'

/** `1,200 rows`. */
export function grouped(count: number, noun: string): string {
  return plural(count, noun).replace(String(count), count.toLocaleString('en-US'))
}

/** Sizes in bytes as `9.8 MB` or `0.4/33.0 MB`, all in the unit of the last. */
export function size(...sizes: readonly number[]): string {
  const largest = sizes.at(-1) ?? 0
  // 999.5 kB would be rounded to 1000 kB: it is 1.0 MB.
  const power = Math.min(3, Math.max(0, Math.floor(Math.log10(largest / 0.9995) / 3)))
  const scale = 1000 ** power
  const digits = power === 0 || largest / scale >= 99.95 ? 0 : 1
  const shown = sizes.map((bytes) => (bytes / scale).toFixed(digits)).join('/')
  return `${shown} ${['B', 'kB', 'MB', 'GB'][power]}`
}
