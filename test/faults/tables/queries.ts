import {symlinkSync} from 'node:fs'
import {join} from 'node:path'
import type {Fault} from '../fault.js'
import {errorIn} from './words.js'

const TEMPLATES = {
  'db/sql/people/all.sql': 'SELECT id, name FROM people ORDER BY id',
  'db/sql/people/one.sql': 'SELECT name\nFROM people\nWHERE id = %(id)s AND name <> %(not)s',
}
const one = {files: TEMPLATES, args: ['query', 'people/one', 'id=1', 'not=x']}

/** @param text of a template that cannot be used */
const unfit = (name: string, text: string, code: string, stderr: string): Fault => ({
  name,
  files: {'db/sql/t.sql': text},
  args: ['query', 't'],
  sees: {exit: 1, code, target: undefined, stderr},
})
const inT = errorIn('db/sql/t.sql')

const NAMES: readonly Fault[] = [
  {
    name: 'there is no such template',
    files: TEMPLATES,
    args: ['query', 'people/al'],
    sees: {
      exit: 2,
      code: 'TEMPLATE_NOT_FOUND',
      target: undefined,
      stderr:
        'Error: there is no template "people/al"\n  → there are activities/create, activities/home, activities/object, people/all, people/one\n',
    },
  },
  ...['../../s', '/etc/passwd'].map((name) => ({
    name: `a template is to be had from ${name}`,
    files: {'s.sql': 'DELETE FROM letters'},
    args: ['query', name],
    sees: {
      exit: 2,
      code: 'TEMPLATE_OUTSIDE',
      target: undefined,
      stderr: `Error: "${name}" is no name of a template\n  → name a file below db/sql, as in activities/home\n`,
    },
  })),
]

const LINK: Fault = {
  name: 'a template is a link that leads out of db/sql',
  files: {'s.sql': 'DELETE FROM letters', ...TEMPLATES},
  arrange: async ({folder}) => void symlinkSync('../../s.sql', join(folder, 'db/sql/out.sql')),
  args: ['query', 'out'],
  sees: {
    exit: 2,
    code: 'TEMPLATE_OUTSIDE',
    target: undefined,
    stderr:
      'Error: the template "out" is a link that leads out of db/sql\n  → name a file below db/sql, as in activities/home\n',
  },
}

const VALUES: readonly Fault[] = [
  {
    name: 'a parameter of a template is missing, and another one is none of its own',
    files: TEMPLATES,
    args: ['query', 'people/one', 'id=1', 'nit=x'],
    sees: {
      exit: 2,
      code: 'TEMPLATE_PARAMETERS',
      target: undefined,
      stderr:
        'Error: db/sql/people/one.sql has no value for "not" and has no parameter "nit"\n  → its parameters: id, not\n',
    },
  },
  {
    ...one,
    name: 'a value is not of its column’s type',
    args: ['query', 'people/one', 'id=first', 'not=x'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: errorIn('db/sql/people/one.sql')(
        3,
        'invalid input syntax for type integer: "first"',
        'WHERE id = ^%(id)s AND name <> %(not)s',
        '→ see the value of the parameter "id"',
        'SQLSTATE 22P02',
      ),
    },
  },
  {
    ...one,
    name: 'a value holds SQL: it stays a value',
    args: ['query', 'people/one', 'id=1', "not=' OR true; DELETE FROM letters; --"],
    sees: {exit: 0, stderr: '', stdout: '[{"name":"Ünïcødé 1"}]\n'},
  },
]

const TEXTS: readonly Fault[] = [
  unfit(
    'a template has two statements',
    'SELECT 1;\nDELETE FROM letters',
    'TEMPLATE_INVALID',
    inT(
      2,
      'a template is one statement, and here a second one begins',
      '^DELETE FROM letters',
      '→ put it into a file of its own',
    ),
  ),
  unfit(
    'a parameter of a template stands in quotes',
    "SELECT name FROM people\nWHERE name = '%(name)s'",
    'TEMPLATE_INVALID',
    inT(
      2,
      'the parameter "name" stands inside of a string, where it would be no parameter',
      "WHERE name = '^%(name)s'",
      '→ take the quotes away: a value needs none',
    ),
  ),
  unfit(
    'a percent sign of a template is not doubled',
    "SELECT name FROM people\nWHERE name LIKE 'A%'",
    'TEMPLATE_INVALID',
    inT(2, 'a % has to be doubled in a template', "WHERE name LIKE 'A^%'", '→ write %%'),
  ),
]

export const queryFaults = {
  title: 'Queries, as files',
  faults: [...NAMES, LINK, ...VALUES, ...TEXTS],
}
