// Licensed under the Apache License, Version 2.0; see LICENSE.

// What the page of classic-browser.mjs runs: the wallet client, bundled, and a way to try a
// request and see all that the browser lets a page see of the response.

import { StorageClient } from '@wallet.storage/fetch-client'
import { Ed25519Signer } from '@did.coop/did-key-ed25519'
import { createRequestWithHttpSignature } from 'authorization-signature'

const includeHeaders = ['(created)', '(expires)', '(key-id)', '(request-target)']

async function look(response) {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await (await response.blob()).text()
  }
}

globalThis.page = {
  async open(base) {
    this.base = base
    this.signer = await Ed25519Signer.generate()
    this.storage = new StorageClient(new URL(base))
    this.space = this.storage.space({ signer: this.signer })
    return { id: this.space.id, path: this.space.path, controller: this.signer.controller }
  },

  // The client's documented verbs: verb of the space, or of the resource named; `as` 'nobody' goes
  // without a signer, 'stranger' with another one.
  async client(verb, { name, named = name !== undefined, body, type, headers, as } = {}) {
    const blob = body === undefined ? undefined : new Blob([body], { type })
    const signer =
      as === 'stranger' ? await Ed25519Signer.generate() : as === 'nobody' ? undefined : this.signer
    const space = as ? this.storage.space({ id: this.space.id, signer }) : this.space
    const object = named ? space.resource(name) : space
    const response =
      verb === 'put' || verb === 'post'
        ? await object[verb](blob, { headers })
        : await object[verb]({ headers })
    // Of a write the client gives the headers as a list.
    return await look({
      status: response.status,
      headers: new Headers(response.headers),
      blob: () => response.blob()
    })
  },

  // Signed, for what the client has no verb for.
  async signed(method, path, { body, headers } = {}) {
    return await look(
      await fetch(
        await createRequestWithHttpSignature(new URL(path, this.base), {
          signer: this.signer,
          method,
          body,
          headers,
          includeHeaders,
          expires: new Date(Date.now() + 30000)
        })
      )
    )
  },

  async fetch(path, options) {
    return await look(await fetch(new URL(path, this.base), options))
  },

  // How the browser refuses, or what came through.
  async attempt(base, path, options) {
    try {
      return (await fetch(new URL(path, base), options)).status
    } catch (error) {
      return error.name
    }
  }
}
