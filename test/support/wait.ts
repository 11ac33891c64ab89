import {setTimeout as sleep} from 'node:timers/promises'

/** Waits until `condition` holds; fails after `ms` with what was waited for. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: () => string,
  ms = 15_000,
): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what()}`)
    await sleep(20)
  }
}
