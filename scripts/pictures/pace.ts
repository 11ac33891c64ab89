import type {Screen} from './screen.js'

export interface Frame {
  /** In ms from the beginning. */
  at: number
  screen: Screen
  /** Whether somebody is typing: then the cursor is shown. */
  typing: boolean
}

/** Nobody likes to watch a screen on which nothing happens for longer. */
const LONGEST_GAP_MS = 1200
/** Nor a command that works for longer without being talked to. */
const LONGEST_RUN_MS = 6000
/** Quicker changes are not seen, and make the picture large. */
const SHORTEST_GAP_MS = 90

/** What one command showed, at times that are pleasant to look at. */
export function paced(shots: readonly Frame[]): Frame[] {
  let [now, before] = [0, 0]
  const clamped = shots.map((shot) => {
    now += Math.min(LONGEST_GAP_MS, shot.at - before)
    before = shot.at
    return {...shot, at: now}
  })
  const talking = shots.some(({typing}) => typing)
  const speed = talking ? 1 : Math.min(1, LONGEST_RUN_MS / Math.max(1, now))
  return thinned(clamped.map((shot) => ({...shot, at: Math.round(shot.at * speed)})))
}

/** Of frames that follow each other too quickly some, and always the last. */
function thinned(shots: readonly Frame[]): Frame[] {
  let before = -SHORTEST_GAP_MS
  return shots.filter(({at}, place) => {
    const next = shots[place + 1]?.at ?? Number.POSITIVE_INFINITY
    const kept = at - before >= SHORTEST_GAP_MS || next - at >= SHORTEST_GAP_MS
    if (kept) before = at
    return kept
  })
}
