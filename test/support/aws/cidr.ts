import {isIPv4, isIPv6} from 'node:net'

type Family = 'ipv4' | 'ipv6'

interface Shape {
  isAddress: (text: string) => boolean
  width: bigint
  separator: string
  /** Bits of one part of the address, and the base it is written in. */
  part: {bits: bigint; base: number}
}

const SHAPE: Record<Family, Shape> = {
  ipv4: {isAddress: isIPv4, width: 32n, separator: '.', part: {bits: 8n, base: 10}},
  ipv6: {isAddress: isIPv6, width: 128n, separator: ':', part: {bits: 16n, base: 16}},
}

/** An IPv6 address in its shortest form (RFC 5952), which is how URLs write it. */
const shortened = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1)

/** The parts of an address in its shortest form, the zeroes that `::` stands for among them. */
function partsOf(address: string, separator: string): string[] {
  const [head = '', tail] = address.split('::').map((text) => (text ? text.split(separator) : []))
  if (tail === undefined) return [...head]
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
}

function masked(address: string, family: Family, length: number): string {
  const {width, separator, part} = SHAPE[family]
  const hostBits = width - BigInt(length)
  const bits = partsOf(address, separator).reduce((sum, text) => {
    return (sum << part.bits) | BigInt(part.base === 16 ? `0x${text}` : text)
  }, 0n)
  const network = (bits >> hostBits) << hostBits
  const parts: string[] = []
  for (let shift = width - part.bits; shift >= 0n; shift -= part.bits) {
    parts.push(((network >> shift) & ((1n << part.bits) - 1n)).toString(part.base))
  }
  return parts.join(separator)
}

/**
 * A CIDR block as EC2 stores it: without host bits, IPv6 in its shortest form ("canonicalizes IPv4 and IPv6
 * CIDRs", EC2 API reference, SecurityGroupRuleRequest). Undefined: not one of this family, or without a mask.
 */
export function canonicalCidr(text: string, family: Family): string | undefined {
  const [, address = '', mask = ''] = /^([\da-f.:]+)\/(\d{1,3})$/i.exec(text) ?? []
  const {isAddress, width} = SHAPE[family]
  if (!isAddress(address) || Number(mask) > Number(width)) return undefined
  if (family === 'ipv4') return `${masked(address, family, Number(mask))}/${Number(mask)}`
  return `${shortened(masked(shortened(address), family, Number(mask)))}/${Number(mask)}`
}
