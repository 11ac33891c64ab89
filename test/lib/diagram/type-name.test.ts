import {expect, test} from 'vitest'
import {shortType} from '../../../src/lib/diagram/type-name.js'

test.each([
  ['character varying(20)', 'varchar(20)'],
  ['character varying[]', 'varchar[]'],
  ['character(3)', 'char(3)'],
  ['bit varying(5)', 'varbit(5)'],
  ['timestamp without time zone', 'timestamp'],
  ['timestamp(3) with time zone[]', 'timestamptz(3)[]'],
  ['time with time zone', 'timetz'],
  ['double precision', 'double precision'],
  ['shop.character', 'shop.character'],
])('%s is %s', (type, short) => {
  expect(shortType(type)).toBe(short)
})
