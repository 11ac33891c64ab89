import {expect, test} from 'vitest'
import {checksumOf} from '../../../src/lib/migrations/checksum.js'

const checksum = (text: string): string => checksumOf(Buffer.from(text))

test('is the SHA-256 of the part up to its last character', () => {
  expect(checksum('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('is the same with lines that end with LF and with CRLF, and with blank lines at the end', () => {
  const first = checksum('SELECT 1;\nSELECT 2;')
  for (const same of [
    'SELECT 1;\nSELECT 2;\n\n',
    'SELECT 1;\r\nSELECT 2;\r\n',
    'SELECT 1;\r\nSELECT 2;',
    'SELECT 1;\nSELECT 2; \t\n \r\n',
    'SELECT 1;\r\nSELECT 2;\r\n\r\n\r\n',
  ]) {
    expect(checksum(same), JSON.stringify(same)).toBe(first)
  }
})

test('is another one for any other change, of a comment or a blank too', () => {
  const texts = [
    'SELECT 1;\nSELECT 2;',
    'SELECT 1;\n\nSELECT 2;',
    '\nSELECT 1;\nSELECT 2;',
    'SELECT 1; \nSELECT 2;',
    'SELECT 1;\rSELECT 2;',
    'SELECT 1;\r\r\nSELECT 2;',
    'SELECT 1;\nSELECT 2; --',
    'select 1;\nSELECT 2;',
    '',
  ]
  expect(new Set(texts.map(checksum)).size).toBe(texts.length)
})
