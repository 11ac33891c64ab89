import type {CruddurError} from '../error.js'
import {placeAt} from './place-at.js'
import type {Unclosed} from './scan.js'
import type {Window} from './window.js'

const UNCLOSED: Readonly<Record<Unclosed['what'], {message: string; hint: string}>> = {
  quote: {
    message: "the string opened here is never closed with '",
    hint: "write a ' in a string as ''",
  },
  'double quote': {
    message: 'the name opened here is never closed with "',
    hint: 'add the closing "',
  },
  comment: {message: 'the comment opened here is never closed with */', hint: 'add the closing */'},
  'dollar quote': {
    message: 'the dollar quote opened here is never closed',
    hint: 'close it with the same delimiter',
  },
  parenthesis: {message: 'the parenthesis opened here is never closed', hint: 'add the closing )'},
  BEGIN: {message: 'the BEGIN of this function body has no END', hint: 'end the body with END;'},
}

/** @param start offset in the file of the statement it stands in, -1 for none */
export function unclosedError({what, at}: Unclosed, start: number, window: Window): CruddurError {
  const {message, hint} = UNCLOSED[what]
  const text = window.text()
  const line = (offset: number) => placeAt(text, offset - window.base).line
  const elsewhere = start >= 0 && line(start) !== line(at)
  return window.error({
    at,
    code: 'SQL_UNTERMINATED',
    message,
    hint: elsewhere ? `${hint}; the statement begins in line ${line(start)}` : hint,
  })
}
