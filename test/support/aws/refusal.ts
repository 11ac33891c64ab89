/** What the fake answers instead of a result: AWS's wire code, its message and the HTTP status. */
export class Refusal extends Error {
  override readonly name = 'Refusal'

  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message)
  }
}

/** Ends the request with `code` and `message`. */
export function refuse(code: string, message: string, status?: number): never {
  throw new Refusal(code, message, status)
}

/** The code of most of what CreateDBInstance and ModifySecurityGroupRules refuse. */
export function refuseValue(message: string): never {
  refuse('InvalidParameterValue', message)
}

export function refuseCombination(message: string): never {
  refuse('InvalidParameterCombination', message)
}
