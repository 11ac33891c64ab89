/** Chance, as random files are made with it. */
export interface Dice {
  /** Whether that comes up which does so with this probability. */
  chance(probability: number): boolean
  /** One of a list that is not empty. */
  pick<T>(from: readonly T[]): T
  /** A number of texts from `least` to `most`, in a row. */
  several(least: number, most: number, make: () => string): string
}

/** Mulberry32: the same seed gives the same numbers. */
export function diceFrom(seed: number): Dice {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    chance: (probability) => next() < probability,
    pick: <T>(from: readonly T[]) => from[below(from.length)] as T,
    several: (least, most, make) =>
      Array.from({length: least + below(most - least + 1)}, make).join(''),
  }
}
