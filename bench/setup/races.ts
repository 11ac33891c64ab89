/** A database that is rebuilt by several programs in turn. */
export interface Race {
  name: string
  title: string
  rounds: number
  /** Our time by that of others that is aimed at. */
  reach: Readonly<Record<string, number>>
  /** Of the link that is put between. */
  roundTripMs?: number
}

export const RACES: readonly Race[] = [
  {
    name: 'setup-local',
    title: 'setup, local',
    rounds: 25,
    reach: {bash: 0.9},
  },
  {
    name: 'setup-50ms',
    title: 'setup, round trip of 50 ms',
    rounds: 9,
    reach: {bash: 0.45, dbmate: 0.3},
    roundTripMs: 50,
  },
]
