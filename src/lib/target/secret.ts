import {inspect} from 'node:util'

const HIDDEN = '***'

/** A password that shows itself nowhere by accident: not in text, not in JSON, not in a debugger's print. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself, for the server and for a child's environment only. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}
