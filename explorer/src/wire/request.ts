// Licensed under the Apache License, Version 2.0; see LICENSE.

// A request to a server, by somebody, and what can become of it: an answer, a refusal (Refused), or
// a network that broke (Broken). Follows no redirection, sends no cookie, keeps nothing.

import type { Identity } from '../keys/identities'
import type { Server } from './server'
import { digestField, noteTime, sha256Of, signed } from './sign'
import { listOf, objectOf, textOf } from './values'

export interface Capability {
  [member: string]: unknown
  id: string
  invocationTarget: string
}

// Who asks whom: unsigned without an identity, by a delegation with a capability.
export interface Caller {
  server: Server
  identity?: Identity | undefined
  capability?: Capability | undefined
}

export interface Options {
  body?: Blob | undefined
  // Of the body, where the blob does not say it.
  type?: string
  headers?: Record<string, string | undefined>
  signal?: AbortSignal | undefined
  // How many bytes of the body went out.
  progress?: ((sent: number) => void) | undefined
  // The SHA-256 of the body, where it is known.
  hash?: Uint8Array | undefined
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly type: string,
    readonly pointer: string
  ) {
    super(`${status} ${title}`)
  }
}

export class Broken extends Error {}

const LONGEST_PROBLEM = 2000

export async function ask(caller: Caller, method: string, url: string, options: Options = {}) {
  const headers = await headersOf(caller, method, url, options)
  const response = options.progress
    ? await sendWithProgress(method, url, headers, options)
    : await send(method, url, headers, options)
  noteTime(response.headers.get('date'))
  if (!response.ok) throw await refusalOf(response)
  return response
}

export async function askJson(caller: Caller, method: string, url: string, options: Options = {}) {
  const response = await ask(caller, method, url, options)
  return objectOf(await jsonOf(response))
}

export async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw new Broken()
  }
}

export function jsonBody(value: unknown): Blob {
  return new Blob([JSON.stringify(value)], { type: 'application/json' })
}

async function headersOf(caller: Caller, method: string, url: string, options: Options) {
  const { body } = options
  const headers: Record<string, string> = {}
  if (body) {
    headers['content-type'] = options.type || body.type || 'application/octet-stream'
    const hash = options.hash ?? (await sha256Of(body, undefined, options.signal))
    headers.digest = digestField(caller.server.protocol, hash)
  }
  for (const [name, value] of Object.entries(options.headers ?? {}))
    if (value !== undefined) headers[name.toLowerCase()] = value
  if (!caller.identity) return headers
  const { capability } = caller
  return await signed(caller.server.protocol, caller.identity, { method, url, headers, capability })
}

async function send(
  method: string,
  url: string,
  headers: Record<string, string>,
  { body, signal }: Options
) {
  try {
    return await fetch(url, {
      method,
      headers,
      credentials: 'omit',
      redirect: 'error',
      cache: 'no-store',
      ...(body && { body }),
      ...(signal && { signal })
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Broken()
  }
}

// XMLHttpRequest is what tells a page how far an upload is; the browser reads the blob piecewise.
function sendWithProgress(
  method: string,
  url: string,
  headers: Record<string, string>,
  { body, signal, progress }: Options
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    request.responseType = 'arraybuffer'
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded }) => progress?.(loaded)
    request.onerror = () => reject(new Broken())
    request.onabort = () => reject(signal?.reason ?? new Broken())
    request.onload = () => {
      // A redirection was followed: the answer is not of whom we asked.
      if (request.responseURL !== new URL(url).href) return reject(new Broken())
      const answered = new Headers()
      for (const line of request.getAllResponseHeaders().trim().split('\r\n')) {
        const colon = line.indexOf(':')
        if (colon > 0) answered.append(line.slice(0, colon), line.slice(colon + 1).trim())
      }
      const empty = request.status === 204 || request.status === 304
      const content = empty ? null : (request.response as ArrayBuffer)
      resolve(new Response(content, { status: request.status, headers: answered }))
    }
    signal?.addEventListener('abort', () => request.abort())
    if (signal?.aborted) return reject(signal.reason)
    request.send(body)
  })
}

async function refusalOf(response: Response): Promise<Refused> {
  const text = await response.text().catch(() => '')
  let said: Record<string, unknown> = {}
  if (/json/.test(response.headers.get('content-type') ?? ''))
    try {
      said = objectOf(JSON.parse(text))
    } catch {
      // It says nothing that can be read; the status does.
    }
  const errors = listOf(said.errors).map(objectOf)
  const short = (value: unknown) => (textOf(value) ?? '').slice(0, LONGEST_PROBLEM)
  return new Refused(
    response.status,
    short(said.title),
    errors.map(error => short(error.detail)).join('; ') || short(said.detail),
    short(said.type),
    short(errors[0]?.pointer)
  )
}
