/** A search through what was typed before, the latest first. */
export interface Search {
  /** What is looked for. */
  wanted: string
  /** Index of the entry that was found; -1 for none. */
  at: number
}

export const NEW_SEARCH: Search = {wanted: '', at: -1}

/** The next entry, from `from` on, that holds what is wanted; where there is none, the search stays where it is. */
export function searchFrom(entries: readonly string[], search: Search, from: number): Search {
  const wanted = search.wanted.toLowerCase()
  if (wanted === '') return {...search, at: -1}
  const at = entries.findIndex(
    (entry, index) => index >= from && entry.toLowerCase().includes(wanted),
  )
  return at < 0 ? search : {...search, at}
}

/** What is shown in place of the prompt. */
export function searchPrompt(entries: readonly string[], {wanted, at}: Search): string {
  const found = wanted === '' || (entries[at] ?? '').toLowerCase().includes(wanted.toLowerCase())
  return `(${found ? 'search' : 'not found'}: ${wanted}) `
}
