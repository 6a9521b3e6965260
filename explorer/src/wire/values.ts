// Licensed under the Apache License, Version 2.0; see LICENSE.

// Reading what a server sent, which may be anything: a value has the type that is asked for, or
// there is none.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

export function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {}
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

// A time that can be told, of what claims to be one.
export function timeOf(value: unknown): Date | undefined {
  const time = new Date(textOf(value) ?? NaN)
  return Number.isNaN(time.getTime()) ? undefined : time
}

// A URL that the server named, if it is one of this server's: what it says of other places is not
// asked.
export function inside(base: string, url: unknown): string | undefined {
  try {
    const { href } = new URL(textOf(url) ?? '', base)
    return textOf(url) !== undefined && href.startsWith(base) ? href : undefined
  } catch {
    return undefined
  }
}

export function isJsonType(type: string): boolean {
  return /^(application\/json|[\w.+-]+\/[\w.+-]+\+json)$/i.test(essence(type))
}

// A media type without its parameters.
export function essence(type: string): string {
  return type.split(';')[0]!.trim().toLowerCase()
}
