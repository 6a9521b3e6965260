// Licensed under the Apache License, Version 2.0; see LICENSE.

// The fields that make a request a signed one, in either protocol; made by the libraries of the
// field. A signature covers the host in the classic protocol, too, which does not ask for it: so a
// server cannot pass it on to another one.

import { createAuthzHeader, createSignatureString } from '@digitalbazaar/http-signature-header'
import { signCapabilityInvocation } from '@digitalbazaar/http-signature-zcap-invoke'
import { base64, base64urlnopad } from '@scure/base'
import { signerOf, type Identity } from '../keys/identities'
import { piecesOf } from './pieces'
import type { Protocol } from './server'

export interface Unsigned {
  method: string
  url: string
  // In lower case; with `content-type` and `digest` where there is a body.
  headers: Record<string, string>
  capability?: object | undefined
}

// Seconds that a signature is good for: a request is checked when its head is there.
const LIFETIME = 120

// How far this machine's clock is off the server's, in seconds, as answers have said.
let skew = 0

export function noteTime(date: string | null): void {
  const time = Date.parse(date ?? '')
  if (!Number.isNaN(time)) skew = Math.round((time - Date.now()) / 1000)
}

export async function signed(protocol: Protocol, identity: Identity, request: Unsigned) {
  const created = Math.floor(Date.now() / 1000) + skew
  const times = { created, expires: created + LIFETIME }
  const headers =
    protocol === 'pws'
      ? await signPws(identity, request, times)
      : await signClassic(identity, request, times)
  // The browser sets it.
  delete headers.host
  return headers
}

type Times = { created: number; expires: number }

async function signPws(identity: Identity, request: Unsigned, times: Times) {
  const { method, url, headers, capability } = request
  return await signCapabilityInvocation({
    url,
    method,
    headers,
    // Who may read may ask how much there is to read.
    capabilityAction: capability && method === 'HEAD' ? 'GET' : method,
    invocationSigner: signerOf(identity),
    ...(capability && { capability }),
    ...times
  })
}

async function signClassic(identity: Identity, { method, url, headers }: Unsigned, times: Times) {
  const signer = signerOf(identity)
  const own = ['content-type', 'digest'].filter(name => headers[name] !== undefined)
  const pseudo = ['(key-id)', '(created)', '(expires)', '(request-target)']
  const includeHeaders = [...pseudo, 'host', ...own]
  const text = createSignatureString({
    includeHeaders,
    requestOptions: {
      url,
      method,
      headers: { ...headers, host: new URL(url).host },
      keyId: signer.id,
      ...times
    }
  })
  const signature = base64.encode(await signer.sign({ data: new TextEncoder().encode(text) }))
  const authorization = createAuthzHeader({ includeHeaders, keyId: signer.id, signature, ...times })
  return { ...headers, authorization } as Record<string, string>
}

// A body up to this length is hashed by the browser at once, a longer one by a library in pieces.
const AT_ONCE = 4 * 1024 * 1024

// The SHA-256 of a body of any length, in constant memory; `progress` hears how much was read.
export async function sha256Of(
  body: Blob,
  progress?: (bytes: number) => void,
  signal?: AbortSignal
): Promise<Uint8Array> {
  if (body.size <= AT_ONCE)
    return new Uint8Array(await crypto.subtle.digest('SHA-256', await body.arrayBuffer()))
  const { sha256 } = await import('@noble/hashes/sha2.js')
  const hash = sha256.create()
  let done = 0
  for await (const piece of piecesOf(body.stream())) {
    signal?.throwIfAborted()
    hash.update(piece)
    progress?.((done += piece.length))
  }
  return hash.digest()
}

// What Digest says: in pws a multihash in multibase, in the classic protocol the older form.
export function digestField(protocol: Protocol, hash: Uint8Array): string {
  return protocol === 'pws'
    ? `mh=u${base64urlnopad.encode(new Uint8Array([0x12, 0x20, ...hash]))}`
    : `SHA-256=${base64.encode(hash)}`
}

// Whether a Repr-Digest (RFC 9530) names this hash.
export function isDigestOf(field: string | null, hash: Uint8Array): boolean {
  return (field ?? '').includes(`sha-256=:${base64.encode(hash)}:`)
}
