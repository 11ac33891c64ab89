import {shellWord} from '../target/text.js'
import {placeAt} from './place-at.js'
import type {Problem} from './problem.js'
import type {Unclosed} from './scan.js'

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

/** @param start offset of the statement it stands in, -1 for none */
export function unclosedProblem({what, at}: Unclosed, bytes: Buffer, start: number): Problem {
  const {message, hint} = UNCLOSED[what]
  const began = start < 0 ? undefined : placeAt(bytes, start).line
  const elsewhere = began !== undefined && began !== placeAt(bytes, at).line
  return {
    at,
    code: 'SQL_UNTERMINATED',
    message,
    hint: elsewhere ? `${hint}; the statement begins in line ${began}` : hint,
  }
}

/** At a backslash outside of quotes. */
export function commandProblem(bytes: Buffer, at: number, path: string): Problem {
  const [name = '\\'] = /^\\(?:[a-z_]+\+?|\S)/iu.exec(bytes.toString('utf8', at, at + 40)) ?? []
  return {
    at,
    code: 'SQL_UNSUPPORTED',
    message: `${name} is a command of psql, not SQL`,
    hint: loadWithPsql(path),
  }
}

export function copyProblem(at: number, path: string): Problem {
  return {
    at,
    code: 'SQL_UNSUPPORTED',
    message: 'COPY … FROM stdin, with its rows in the file, needs psql',
    hint: loadWithPsql(path),
  }
}

/** The cure for what psql can load and we cannot. */
export function loadWithPsql(path: string): string {
  return `load it with psql: cruddur-db connect -- -1 -v ON_ERROR_STOP=1 -f ${shellWord(path)}`
}
