// Licensed under the Apache License, Version 2.0; see LICENSE.

// The errors of the handles: one class for each status that the conformance suite tells apart.

export class WasError extends Error {
  constructor(cause) {
    super(cause.message, { cause })
    this.name = this.constructor.name
    this.status = cause.status
    this.type = cause.data?.type
    this.response = cause.response
    this.data = cause.data
  }

  // What a signing client threw as an error of this package; what is no answer, as it is.
  static of(cause) {
    if (cause.response === undefined) return cause
    return new (classes[cause.status] ?? WasError)(cause)
  }
}

export class ValidationError extends WasError {}
export class NotFoundError extends WasError {}
export class ConflictError extends WasError {}

const classes = { 400: ValidationError, 404: NotFoundError, 409: ConflictError }
