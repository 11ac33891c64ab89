import {integer, type Parameters} from './parameters.js'
import {refuseCombination, refuseValue} from './refusal.js'

/** GiB per storage type, for PostgreSQL (RDS API reference, AllocatedStorage). */
const RANGES: Record<string, readonly [number, number]> = {
  gp2: [20, 65_536],
  gp3: [20, 65_536],
  io1: [100, 65_536],
  io2: [100, 65_536],
}

/** The type an instance gets (RDS API reference, StorageType). */
export function storageType(params: Parameters): string {
  return params['StorageType'] ?? (params['Iops'] === undefined ? 'gp3' : 'io1')
}

/** Magnetic storage is still in the API reference; the service has refused it since 2026 at the latest. */
export function checkStorageType(params: Parameters): void {
  const type = storageType(params)
  if (type === 'standard') {
    refuseValue(
      "RDS can't create the DB instance because magnetic storage is deprecated. Set StorageType to gp2, gp3, or io2.",
    )
  }
  if (!RANGES[type]) refuseValue(`Invalid storage type: ${type}`)
}

export function checkSize(params: Parameters): void {
  const type = storageType(params)
  const size = integer(params, 'AllocatedStorage')
  const [least, most] = RANGES[type] ?? [0, 0]
  if (size === undefined) {
    refuseValue('The parameter AllocatedStorage must be provided and must not be null.')
  }
  if (size < least || size > most) {
    refuseCombination(
      `Invalid storage size for engine name postgres and storage type ${type}: ${size}`,
    )
  }
  if ((integer(params, 'MaxAllocatedStorage') ?? size) < size) {
    refuseCombination('Max storage size must be greater than storage size')
  }
}

export function checkSpeed(params: Parameters): void {
  const type = storageType(params)
  const size = integer(params, 'AllocatedStorage') ?? 0
  const iops = integer(params, 'Iops')
  const throughput = integer(params, 'StorageThroughput')
  if (throughput !== undefined && type !== 'gp3') {
    refuseCombination(`You can't specify storage throughput for storage type ${type}.`)
  }
  if (type === 'gp3' && size < 400 && (iops ?? throughput) !== undefined) {
    refuseCombination(
      "You can't specify IOPS or storage throughput for engine postgres and a storage size less than 400.",
    )
  }
  if (type.startsWith('io') && iops === undefined) {
    refuseCombination(`The storage type ${type} requires iops to be specified.`)
  }
}
