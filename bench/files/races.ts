import {type Content, copyBlock, multiRowInserts, oneRowInserts, unlogged} from './content.js'

/** A file that we and psql load in turn. */
export interface Race {
  name: string
  title: string
  content: Content
  rows: number
  pairs: number
  /** psql's time by ours that is aimed at. */
  reach: number
  /** Each way, over a link that is put between. */
  delayMs?: number
}

/** A file that we load alone, to see what memory it takes. */
export interface MemoryRun {
  name: string
  title: string
  content: Content
  /** Of the file. */
  bytes: number
  /** Less than so many MB are aimed at. */
  reachMb: number
}

/** The rest of the millisecond is what three sleeping processes take to wake: a `SELECT 1` is back after 2.1 to 2.2 ms. */
const LINK_DELAY_MS = 0.9

export const RACES: readonly Race[] = [
  {
    name: 'one-row',
    title: '200 000 one-row INSERTs',
    content: oneRowInserts,
    rows: 200_000,
    pairs: 5,
    reach: 4,
  },
  {
    name: 'multi-row',
    title: '200 INSERTs of 1 000 rows',
    content: multiRowInserts,
    rows: 200_000,
    pairs: 9,
    reach: 1.1,
  },
  {
    name: 'copy',
    title: 'COPY of 5 million rows',
    content: copyBlock,
    rows: 5_000_000,
    pairs: 5,
    reach: 1,
  },
  {
    name: 'link',
    title: '5 000 INSERTs, round trip of 2 ms',
    content: oneRowInserts,
    rows: 5000,
    pairs: 3,
    reach: 40,
    delayMs: LINK_DELAY_MS,
  },
]

export const MEMORY_RUNS: readonly MemoryRun[] = [
  {
    name: 'memory-copy',
    title: '1 GB of COPY data',
    content: unlogged(copyBlock),
    bytes: 1e9,
    reachMb: 150,
  },
  {
    name: 'memory-inserts',
    title: '1 GB of INSERTs',
    content: unlogged(oneRowInserts),
    bytes: 1e9,
    reachMb: 150,
  },
]
