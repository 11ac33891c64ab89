/**
 * What can be bound to a parameter. A Date is an instant, whatever the column's type; an object is written as JSON; an array
 * is PostgreSQL's.
 */
export type Value =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | Uint8Array
  | readonly Value[]
  | {readonly [name: string]: unknown}

/** The values of a template's parameters, by name; undefined is none. */
export type Values = Readonly<Record<string, Value | undefined>>
