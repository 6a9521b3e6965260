// Licensed under the Apache License, Version 2.0; see LICENSE.

// The content of a resource, in both protocols: what it is, its bytes or some of them, and writing
// it under a precondition.

import { ask, Refused, type Caller, type Options } from './request'
import { isDigestOf } from './sign'

export interface About {
  type: string
  size: number
  etag: string
  modified?: Date | undefined
}

function aboutOf(response: Response, size: number): About {
  const modified = new Date(response.headers.get('last-modified') ?? NaN)
  return {
    type: response.headers.get('content-type') ?? 'application/octet-stream',
    size,
    etag: response.headers.get('etag') ?? '',
    modified: Number.isNaN(modified.getTime()) ? undefined : modified
  }
}

export async function readAbout(caller: Caller, url: string): Promise<About> {
  const response = await ask(caller, 'HEAD', url)
  return aboutOf(response, Number(response.headers.get('content-length')) || 0)
}

export interface Piece {
  about: About
  response: Response
  from: number
}

// From a byte on, up to another one or the end; with `etag`, of that version alone: of another one
// it begins at the beginning.
export async function readFrom(
  caller: Caller,
  url: string,
  from: number,
  to?: number,
  options: Options & { etag?: string | undefined } = {}
): Promise<Piece> {
  const range = from > 0 || to !== undefined ? `bytes=${from}-${to ?? ''}` : undefined
  const headers = { range, 'if-range': range ? options.etag : undefined, ...options.headers }
  try {
    const response = await ask(caller, 'GET', url, { ...options, headers })
    const [, start, size] =
      /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? []
    const length = Number(size ?? response.headers.get('content-length') ?? 0)
    return { about: aboutOf(response, length), response, from: Number(start ?? 0) }
  } catch (error) {
    // There is no first byte of nothing.
    if (!(error instanceof Refused) || error.status !== 416 || from > 0) throw error
    const response = await ask(caller, 'GET', url, options)
    return { about: aboutOf(response, 0), response, from: 0 }
  }
}

// Only where nothing is there yet, only over one version, or whatever there is.
export type Condition = 'new' | 'any' | { etag: string }

// Writes; true where it was there already, byte for byte: of a write whose answer was lost.
export async function write(
  caller: Caller,
  url: string,
  condition: Condition,
  options: Options & { body: Blob }
): Promise<{ etag?: string | undefined; same: boolean }> {
  const headers =
    condition === 'new'
      ? { 'if-none-match': '*' }
      : condition === 'any'
        ? {}
        : { 'if-match': condition.etag }
  try {
    const response = await ask(caller, 'PUT', url, { ...options, headers })
    return { etag: response.headers.get('etag') ?? undefined, same: false }
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 412 || !options.hash) throw error
    const want = { 'want-repr-digest': 'sha-256=1' }
    const there = await ask(caller, 'HEAD', url, { headers: want }).catch(() => undefined)
    if (!isDigestOf(there?.headers.get('repr-digest') ?? null, options.hash)) throw error
    return { etag: there?.headers.get('etag') ?? undefined, same: true }
  }
}
