// Licensed under the Apache License, Version 2.0; see LICENSE.

// Stands in for @interop/ezcap. Delegates as npm's @digitalbazaar/ezcap does; requests differ: they
// may carry bytes, their action is their method, a target that ends in "/" covers what is below it,
// and only JSON is parsed.

import { ZcapClient as DelegatingClient } from '@digitalbazaar/ezcap'
import { signCapabilityInvocation } from '@digitalbazaar/http-signature-zcap-invoke'

const ROOT = 'urn:zcap:root:'
const LIFETIME_MS = 5 * 60 * 1000

export class ZcapClient extends DelegatingClient {
  // The expiry that nobody asked for is never later than the parent's.
  async delegate({ expires, now = Date.now(), ...options } = {}) {
    const limit = Date.parse(options.capability?.expires)
    if (expires === undefined && limit < now + LIFETIME_MS) expires = new Date(limit)
    return await super.delegate({ ...options, now, ...(expires !== undefined && { expires }) })
  }

  // Yields the Response, what is JSON in it as its `data`; throws what is not 2xx.
  async request({
    url,
    capability,
    method = 'GET',
    action = method,
    headers = {},
    json,
    body
  } = {}) {
    url ??= targetOf(capability)
    if (capability && !covers(targetOf(capability), url)) {
      throw new TypeError(`"${url}" is not within the capability's "invocationTarget"`)
    }
    const payload = await payloadOf(json, body)
    const signed = await signCapabilityInvocation({
      url,
      method,
      headers: {
        date: new Date().toUTCString(),
        ...(payload && { 'content-type': payload.type }),
        ...lowerCased(headers)
      },
      body: payload?.bytes,
      capability: capability ?? ROOT + encodeURIComponent(url),
      invocationSigner: this.invocationSigner,
      capabilityAction: action
    })
    const response = await fetch(url, {
      method,
      headers: { ...this.defaultHeaders, ...signed },
      body: payload?.bytes,
      redirect: 'manual'
    })
    response.data = await dataOf(response)
    if (!response.ok) throw new HttpError(method, url, response)
    return response
  }
}

export class HttpError extends Error {
  constructor(method, url, response) {
    super(`${method} ${url}: ${response.status} ${response.data?.type ?? response.statusText}`)
    this.name = 'HTTPError'
    this.response = response
    this.status = response.status
    this.data = response.data
  }
}

function targetOf(capability) {
  return typeof capability === 'string'
    ? decodeURIComponent(capability.slice(ROOT.length))
    : capability.invocationTarget
}

function covers(target, url) {
  const separators = target.includes('?') ? ['&'] : target.endsWith('/') ? [''] : ['/', '?']
  return url === target || separators.some(separator => url.startsWith(target + separator))
}

function lowerCased(headers) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  )
}

async function payloadOf(json, body) {
  if (json !== undefined) {
    return { bytes: new TextEncoder().encode(JSON.stringify(json)), type: 'application/json' }
  }
  if (body === undefined) return undefined
  if (typeof body === 'string')
    return { bytes: new TextEncoder().encode(body), type: 'application/octet-stream' }
  return {
    bytes: new Uint8Array(body instanceof Blob ? await body.arrayBuffer() : body),
    type: (body instanceof Blob && body.type) || 'application/octet-stream'
  }
}

// Reads a clone, so that the caller may still read the body.
async function dataOf(response) {
  const type = (response.headers.get('content-type') ?? '').split(';')[0].trim()
  if (!/[/+]json$/i.test(type)) return undefined
  try {
    return JSON.parse(await response.clone().text())
  } catch {
    return undefined
  }
}
