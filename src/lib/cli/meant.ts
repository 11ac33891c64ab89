import {closest, distance} from 'fastest-levenshtein'

/** The word that a mistyped one may stand for: one that it begins, or that is two letters off at most. */
export function meant(word: string, known: readonly string[]): string | undefined {
  const begun = known.filter((name) => word.length > 2 && name.startsWith(word))
  if (begun.length === 1) return begun[0]
  const near = closest(word, known)
  return distance(word, near) <= 2 ? near : undefined
}
