import {channel} from 'node:diagnostics_channel'

/** What `DEBUG=cruddur-db:*` shows, by area: a channel each, so that nothing is made up where nobody listens. */
const CHANNELS = {
  target: channel('cruddur-db:target'),
  connection: channel('cruddur-db:connection'),
  sql: channel('cruddur-db:sql'),
  files: channel('cruddur-db:files'),
  embedded: channel('cruddur-db:embedded'),
  aws: channel('cruddur-db:aws'),
}

export type Area = keyof typeof CHANNELS

/**
 * Tells what is being done to whoever listens.
 *
 * @param words made only then; one line, and never a secret: no password, no value of a statement, nothing of a file
 */
export function trace(area: Area, words: () => string): void {
  const {hasSubscribers} = CHANNELS[area]
  if (hasSubscribers) CHANNELS[area].publish(words())
}

export function isTraced(area: Area): boolean {
  return CHANNELS[area].hasSubscribers
}

/** Has `listen` be told what is traced from now on, as `cruddur-db:sql` and the words. */
export function onTrace(listen: (name: string, words: string) => void): void {
  for (const each of Object.values(CHANNELS)) {
    each.subscribe((words, name) => listen(String(name), String(words)))
  }
}

/** The time since `started` (of `Date.now()`; `performance` would load a module of Node's): `12 ms`. */
export function elapsed(started: number): string {
  return `${Date.now() - started} ms`
}
