import type pg from 'pg'
import {keepOpen, type Within} from '../postgres/connection/keep.js'
import type {Facts} from './facts.js'

/**
 * Opens a client that stays open until doctor ends.
 *
 * @throws what `within` throws until it has a client
 */
export function openSession(within: Within, {atEnd}: Pick<Facts, 'atEnd'>): Promise<pg.Client> {
  const {client, close} = keepOpen(within)
  atEnd(close)
  return client
}
