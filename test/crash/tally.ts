import {long, seed} from './plan.js'

export interface Tally {
  /** One more of `what` in `group`. */
  count: (group: string, what: string) => void
  /** All counts, a line for each group. */
  report: () => string
}

/** Counts what happened, for a person to see that the blows fell where they were meant to. */
export function openTally(): Tally {
  const groups = new Map<string, Map<string, number>>()
  return {
    count: (group, what) => {
      const counts = groups.get(group) ?? new Map<string, number>()
      groups.set(group, counts)
      counts.set(what, (counts.get(what) ?? 0) + 1)
    },
    report: () => {
      const head = `crash test, ${long ? 'long' : 'short'} form, CRUDDUR_CRASH_SEED=${seed}`
      const lines = [...groups].sort().map(([group, counts]) => {
        const parts = [...counts].sort().map(([what, count]) => `${count} ${what}`)
        return `  ${group}: ${parts.join(', ')}`
      })
      return [head, ...lines].join('\n')
    },
  }
}
